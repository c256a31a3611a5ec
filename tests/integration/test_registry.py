"""A real schema registry (Apicurio) and real serializers: ids, schemas, levels, verdicts, and drift told by them."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from collector.detect.compat import check
from collector.detect.drift import DriftTask
from collector.detect.drift_read import asking, read_drift
from collector.registry.client import RegistryClient, RegistryUnavailableError
from collector.registry.task import RegistryTask
from collector.settings import load
from collector.storage.api import Store
from tests.bench.registry_answers import ANSWERS, ask, ours
from tests.support.records import Record, record_columns
from tests.support.registry import registry
from tests.support.registry_differences import why
from tests.support.rows import events_table
from tests.support.schema_corpus import corpus

NOW = datetime.now(UTC).replace(microsecond=0)
OLD = {
    "type": "record", "name": "Order", "fields": [
        {"name": "id", "type": "string"}, {"name": "cents", "type": "int"},
    ],
}  # fmt: skip
NEW = {
    "type": "record", "name": "Order", "fields": [
        {"name": "id", "type": "string"}, {"name": "amount", "type": "double"},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def schema_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with registry(tmp_path_factory.mktemp("registry"), fetch=False) as url:
        yield url


def test_verdicts_are_what_the_registry_says_now(schema_registry: str) -> None:
    """A part of the corpus, live: the recorded answers are still its answers, and ours differ where it is listed."""
    recorded = {(each["format"], each["name"]): each["said"] for each in json.loads(ANSWERS.read_text())}
    pairs = corpus()[::9]
    with httpx.Client(base_url=schema_registry, timeout=60) as client:
        for number, pair in enumerate(pairs):
            said = ask(client, number, pair)

            assert said == recorded[pair.format, pair.name], pair.name
            assert why(pair.format, pair.name) or ours(pair) == said, pair.name
    assert len({pair.format for pair in pairs}) == 3


def test_real_serializers_write_ids_that_the_registry_explains(schema_registry: str) -> None:
    as_json = {"title": "Order", "type": "object", "properties": {"id": {"type": "string"}}}
    writer = SchemaRegistryClient.new_client({"url": schema_registry, "timeout": 20})
    client = RegistryClient(schema_registry)
    for serializer, value, topic, format_, definition in (
        (AvroSerializer(writer, json.dumps(OLD)), {"id": "a", "cents": 3}, "avro-orders", "AVRO", OLD),
        (JSONSerializer(json.dumps(as_json), writer), {"id": "a"}, "json-orders", "JSON", as_json),
    ):
        row = decoded(topic, serializer(value, SerializationContext(topic, MessageField.VALUE)))

        found, places = client.schema(row["schema_id"]), client.versions(row["schema_id"])
        assert found
        assert (found.format, json.loads(found.definition)) == (format_, definition)
        assert [(place.subject, place.version, place.latest) for place in places] == [
            (f"{topic}-value", 1, 1)
        ]
    assert client.schema("confluent:999999") is None


def test_a_new_schema_is_told_in_fields_and_under_the_level_of_its_subject(
    schema_registry: str, store: Store
) -> None:
    ids = registered(schema_registry, "shop-value", OLD, NEW)
    rows = [(f"confluent:{ids[0]}", "1.0")] * 60 + [(f"confluent:{ids[1]}", "2.0")] * 12
    rows += [("confluent:999999", "2.0"), ("", "old-batch")]
    write(store, rows)
    task = DriftTask(store)
    task.step(NOW)
    RegistryTask(store, load(registry_url=schema_registry)).step(NOW)
    DriftTask(store).step(NOW + timedelta(seconds=1))

    drift = read_drift(asking(store), NOW + timedelta(seconds=2), NOW - timedelta(hours=3))

    told = next(each for each in drift.changes if each.change.to_schema == f"confluent:{ids[1]}")
    assert {field.said for field in told.change.fields} == {"- cents (int)", "+ amount (double)"}
    assert (told.change.verdict, told.change.service, told.change.service_version) == (
        "breaking",
        "shop",
        "2.0",
    )
    assert "the level FORWARD of shop-value forbids it" in told.change.verdict_rule
    assert check("FORWARD", "AVRO", json.dumps(NEW), [json.dumps(OLD)])
    found = {finding.kind: finding for finding in drift.findings}
    assert found["unknown_id"].records == 1
    assert (found["bypass"].who, found["bypass"].records) == (("shop old-batch",), 1)
    assert "version 1 of shop-value, whose newest is 2" in found["old_schema"].said


def test_without_the_registry_everything_else_goes_on(store: Store) -> None:
    write(store, [("confluent:1", "1.0")] * 60 + [("confluent:2", "2.0")] * 12)
    DriftTask(store).step(NOW)

    with pytest.raises(RegistryUnavailableError):
        RegistryTask(store, load(registry_url="http://127.0.0.1:1")).step(NOW)
    DriftTask(store).step(NOW + timedelta(seconds=1))

    (told,) = read_drift(asking(store), NOW, NOW - timedelta(hours=3)).changes
    assert (told.change.from_schema, told.change.to_schema, told.change.verdict) == (
        "confluent:1", "confluent:2", "",
    )  # fmt: skip


def decoded(topic: str, value: bytes) -> dict[str, Any]:
    columns = record_columns()
    columns.add(topic, 0, [Record(value=value)], int(NOW.timestamp() * 1000))
    (row,) = columns.table(1).to_pylist()
    return dict(row)


def registered(url: str, subject: str, *schemas: dict[str, Any]) -> list[int]:
    """Register versions of a subject, and then set the level FORWARD; return their ids."""
    with httpx.Client(base_url=url, timeout=60) as client:
        client.put(f"/config/{subject}", json={"compatibility": "NONE"}).raise_for_status()
        ids = []
        for schema in schemas:
            answer = client.post(f"/subjects/{subject}/versions", json={"schema": json.dumps(schema)})
            answer.raise_for_status()
            ids.append(int(answer.json()["id"]))
        client.put(f"/config/{subject}", json={"compatibility": "FORWARD"}).raise_for_status()
    return ids


def write(store: Store, rows: list[tuple[str, str]]) -> None:
    """Write an hour of records of one topic with these schema ids and versions."""
    begin = NOW - timedelta(hours=1)
    events = [
        {
            "topic": "shop", "offset": offset, "service": "shop", "service_version": version, "schema_id": schema_id,
            "time": begin + timedelta(seconds=40 * offset), "observed_time": begin + timedelta(seconds=40 * offset),
            "value_size_bytes": 20,
        }
        for offset, (schema_id, version) in enumerate(rows)
    ]  # fmt: skip
    store.insert("events", events_table(events), token="shop")
