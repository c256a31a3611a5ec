"""Changes of schema id in terms of fields, and what is odd about how topics are written: from what a registry said."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from collector.detect.compat import Format
from collector.detect.drift_findings import find_mixtures
from collector.detect.drift_registered import explained, field_changes
from schemas.drift import SchemaChange

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def avro(*fields: dict[str, Any]) -> str:
    return json.dumps({"type": "record", "name": "Order", "fields": list(fields)})


def change(**more: Any) -> SchemaChange:
    values: dict[str, Any] = {
        "topic": "orders", "type": "", "change_id": "c", "kind": "schema_id", "service": "shop", "service_version": "2",
        "first_time": AT, "first_partition": 0, "first_offset": 7, "detected_time": AT, "from_shape": 0, "to_shape": 0,
        "from_schema": "confluent:1", "to_schema": "confluent:2", "new_shapes": (), "old_shapes": (), "fields": (),
        "verdict": "", "verdict_rule": "", "state": "complete", "new_events": 9, "old_events": 9, "new_share": 1.0,
        "last_new_time": AT, "last_old_time": AT, "complete_time": AT, "reverted_time": None, "evidence": "",
    }  # fmt: skip
    return SchemaChange(**values | more)


def known(schema_id: str, definition: str, format_: str = "AVRO", **more: Any) -> dict[str, Any]:
    return {
        "schema_id": schema_id, "state": "known", "format": format_, "definition": definition,
        "subjects": ["orders-value"], "versions": [int(schema_id[-1])], "latest": [2], "levels": ["BACKWARD"],
    } | more  # fmt: skip


ID, CENTS = {"name": "id", "type": "string"}, {"name": "cents", "type": "int"}


@pytest.mark.parametrize(
    ("format_", "old", "new", "said"),
    [
        ("AVRO", avro(ID, CENTS), avro(ID), ["- cents (int)"]),
        (
            "AVRO",
            avro({"name": "s", "type": {"type": "enum", "name": "S", "symbols": ["A"]}}),
            avro({"name": "s", "type": {"type": "enum", "name": "S", "symbols": ["A", "B"]}}),
            ["s: new values B"],
        ),
        (
            "JSON",
            '{"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}',
            '{"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "boolean"}}, "required": ["a"]}',
            ["a: integer → string", "+ b (boolean) (optional)"],
        ),
        (
            "PROTOBUF",
            'syntax = "proto3"; message Order { string id = 1; int32 cents = 2; }',
            'syntax = "proto3"; message Order { string id = 1; int64 amount = 3; }',
            ["- Order.cents (int32) (optional)", "+ Order.amount (int64) (optional)"],
        ),
    ],
)
def test_each_format_is_told_in_fields(format_: Format, old: str, new: str, said: list[str]) -> None:
    assert [field.said for field in field_changes(format_, old, new)] == said
    assert field_changes(format_, new, new) == []


def test_the_verdict_names_the_level_of_the_subject_and_whether_it_allows_it() -> None:
    schemas = {
        "confluent:1": known("confluent:1", avro(ID)),
        "confluent:2": known("confluent:2", avro(ID, {**CENTS, "default": 0})),
    }
    allowed = explained(change(), schemas)
    broken = explained(change(), schemas | {"confluent:2": known("confluent:2", avro(ID, CENTS))})

    assert (allowed.verdict, allowed.summary) == ("full", "+ cents (int) (optional)")
    assert allowed.verdict_rule.endswith("the level BACKWARD of orders-value allows it")
    assert broken.verdict == "forward"
    assert broken.verdict_rule.endswith("the level BACKWARD of orders-value forbids it")


def test_what_the_registry_does_not_know_or_cannot_be_read_has_no_verdict() -> None:
    one = {"confluent:1": known("confluent:1", avro(ID))}
    unknown = explained(change(), one | {"confluent:2": known("confluent:2", "", state="unknown")})
    broken = explained(change(), one | {"confluent:2": known("confluent:2", "{nonsense")})
    mixed = explained(change(), one | {"confluent:2": known("confluent:2", "{}", "JSON")})

    assert (unknown.verdict, unknown.verdict_rule) == (
        "",
        "not known: the registry does not know confluent:2",
    )
    assert broken.verdict == ""
    assert "not known" in broken.verdict_rule
    assert (mixed.verdict, mixed.verdict_rule) == ("breaking", "AVRO and JSON never read each other")
    assert explained(change(), {}) == change()


def test_bypass_unknown_ids_mixed_formats_and_old_schemas_are_told_with_who_and_how_much() -> None:
    def row(schema_id: str, records: int, **more: Any) -> dict[str, Any]:
        return {
            "topic": "orders", "schema_id": schema_id, "service": "shop", "service_version": "", "json": 0,
            "records": records,
        } | more  # fmt: skip

    rows = [
        row("confluent:2", 80), row("confluent:1", 10), row("confluent:9", 5),
        row("", 5, service="batch", json=1),
    ]  # fmt: skip
    schemas = {
        "confluent:1": known("confluent:1", avro(ID)),
        "confluent:2": known("confluent:2", avro(ID)),
        "confluent:9": known("confluent:9", "", "", state="unknown"),
    }

    found = {each.kind: each for each in find_mixtures(rows, schemas)}

    assert set(found) == {"bypass", "unknown_id", "mixed_formats", "old_schema"}
    assert (found["bypass"].who, found["bypass"].records, found["bypass"].share) == (("batch",), 5, 0.05)
    assert found["unknown_id"].said == "the registry does not know confluent:9"
    assert "version 1 of orders-value, whose newest is 2" in found["old_schema"].said
    assert find_mixtures(rows[:1], schemas) == []
