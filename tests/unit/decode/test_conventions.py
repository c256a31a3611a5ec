"""The table of conventions, held against what each of them looks like on the wire."""

import re
from typing import Any

import pytest

from collector.decode.conventions import CONVENTIONS
from collector.decode.plan import Planner
from tests.support.records import Record, decoded
from tests.unit.decode.fixtures import FIXTURES, Fixture, Reference
from tests.unit.decode.fixtures.model import SPAN, TRACE, base64


def understood(fixture: Fixture, without: str = "") -> tuple[dict[str, Any], list[Reference]]:
    """Return what is read of a fixture with the whole table, or without one convention."""
    conventions = [convention for convention in CONVENTIONS if convention.name != without]
    row = decoded(Record(fixture.headers, fixture.value), topic=fixture.topic, conventions=conventions)
    return row, references(row)


def references(row: dict[str, Any]) -> list[Reference]:
    return list(
        zip(row["reference_names"], row["reference_relations"], row["reference_evidences"], strict=True)
    )


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda fixture: f"{fixture.convention}: {fixture.case}")
def test_what_a_producer_writes_is_understood(fixture: Fixture) -> None:
    row, found = understood(fixture)

    assert {column: row[column] for column in fixture.says} == fixture.says
    assert found == fixture.references
    assert row["errors"] == list(fixture.errors)


@pytest.mark.parametrize("convention", CONVENTIONS, ids=lambda convention: convention.name)
def test_every_convention_has_a_fixture_that_needs_it(convention: Any) -> None:
    """A fixture that reads the same without its convention shows nothing of it."""

    def needs_it(fixture: Fixture) -> bool:
        row, found = understood(fixture, without=convention.name)
        return (
            any(row[column] != said for column, said in fixture.says.items()) or found != fixture.references
        )

    assert any(needs_it(fixture) for fixture in FIXTURES if fixture.convention == convention.name)


@pytest.mark.parametrize("convention", CONVENTIONS, ids=lambda convention: convention.name)
def test_every_header_of_a_convention_is_on_a_fixture(convention: Any) -> None:
    planner = Planner(re.compile("(?!)"))
    seen = {
        pick.header
        for fixture in FIXTURES
        for pick in planner.plan(tuple(key for key, _ in fixture.headers), headers_max=100).picks
        if pick.convention == convention
    }

    assert seen == set(convention.headers)


@pytest.mark.parametrize(
    "key",
    ["X_INSTANA_T", "x-b3-TRACEID", "elasticapmtraceparent", "uber-trace-id", "b3", "sw8", "MT-Activity-Id"],
)
@pytest.mark.parametrize("value", [None, b"", b"0", b"1", b"\xff\x00", b"0" * 32, b"|a.1."])
def test_a_context_without_ids_is_no_context_and_no_error(key: str, value: bytes | None) -> None:
    row = decoded(Record([(key, value)]))

    assert (row["trace_id"], row["span_id"], row["names"], row["errors"]) == ("", "", [], [])


def test_names_of_masstransit_meet() -> None:
    """What an effect calls its initiator is what the cause is called, and only among MassTransit's messages."""
    cause = decoded(
        Record([("MessageId", b"m-1"), ("CorrelationId", b"c-1"), ("SourceAddress", b"loopback://a")])
    )
    effect = decoded(
        Record([("MessageId", b"m-2"), ("InitiatorId", b"c-1"), ("SourceAddress", b"loopback://b")])
    )

    assert set(effect["reference_names"]) & set(cause["names"]) == {"id/masstransit-correlation:c-1"}


PRECEDENCE: list[tuple[str, str]] = [
    ("traceparent", f"00-{'1' * 32}-{SPAN}-01"),
    ("b3", f"{'2' * 32}-{SPAN}"),
    ("uber-trace-id", f"{'3' * 32}:{SPAN}:0:1"),
    ("X-Amzn-Trace-Id", f"Root=1-{'4' * 8}-{'4' * 24};Parent={SPAN}"),
    ("sw8", "-".join(["1", base64("5" * 32), base64("segment"), "0", *[base64("x")] * 4])),
    ("MT-Activity-Id", f"00-{'6' * 32}-{SPAN}-01"),
    ("ce_traceparent", f"00-{'7' * 32}-{SPAN}-01"),
]


@pytest.mark.parametrize("first", range(len(PRECEDENCE)))
def test_where_contexts_disagree_the_order_of_the_table_decides_and_all_are_kept(first: int) -> None:
    headers = [(key, value.encode()) for key, value in reversed(PRECEDENCE[first:])]

    row = decoded(Record(headers))

    assert row["trace_id"] == str(first + 1) * 32
    assert list(zip(row["header_names"], row["header_values"], strict=True)) == [
        (key.encode(), value) for key, value in headers
    ]


@pytest.mark.parametrize("topic", ["us.orders", "orders"])
def test_what_copies_without_saying_so_is_no_copy(topic: str) -> None:
    """MirrorMaker 2, a Streams topology without an agent, and a Connect dead letter without context headers."""
    original = decoded(Record([("traceparent", f"00-{TRACE}-{SPAN}-01".encode())]))
    copy = decoded(Record([("traceparent", f"00-{TRACE}-{SPAN}-01".encode())]), topic=topic)

    assert (copy["origin"], copy["reference_names"]) == ("", [])
    assert copy["names"] == original["names"]


def test_a_log_append_time_is_told_from_a_create_time() -> None:
    assert [decoded(Record(timestamp_type=kind))["timestamp_type"] for kind in (0, 1)] == ["create", "append"]
