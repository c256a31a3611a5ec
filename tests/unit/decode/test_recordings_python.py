"""What real Python producers wrote (tests/data/recordings), and what is understood of it."""

import re
from typing import Any

import pytest

from tests.support.recordings import FOLDER, read_recording, recorded_rows

RECORDINGS = (
    "aiokafka_otel",
    "cloudevents_sdk",
    "confluent_kafka_otel",
    "confluent_serializers",
    "faststream_otel",
    "kafka_python_otel",
)
OPENTELEMETRY = ("aiokafka_otel", "confluent_kafka_otel", "kafka_python_otel")
TRACEPARENT = re.compile(rb"00-([0-9a-f]{32})-([0-9a-f]{16})-03")  # OpenTelemetry's SDK sets the random flag


def traceparents(producer: str, topic: str) -> list[tuple[str, str]]:
    """Return trace and span ids of the first record of a topic, as they are on the wire."""
    first = next(found.record for found in read_recording(producer) if found.topic == topic)
    values = [value for key, value in first.headers if key == "traceparent"]
    matches = [TRACEPARENT.fullmatch(value or b"") for value in values]
    return [(match[1].decode(), match[2].decode()) for match in matches if match]


def context(row: dict[str, Any]) -> tuple[str, str]:
    return row["trace_id"], row["span_id"]


@pytest.mark.parametrize("producer", RECORDINGS)
def test_nothing_of_what_real_producers_write_is_an_error(producer: str) -> None:
    rows = [row for rows in recorded_rows(producer).values() for row in rows]

    assert len(rows) == len(read_recording(producer)) >= 4
    assert [row["errors"] for row in rows] == [[]] * len(rows)


def test_every_python_recording_is_tested() -> None:
    recorded = {
        path.stem
        for path in FOLDER.glob("*.jsonl")
        if "programs/python/" in path.read_text().partition("\n")[0]
    }

    assert recorded == set(RECORDINGS)


@pytest.mark.parametrize("producer", OPENTELEMETRY)
def test_the_context_of_a_record_is_the_span_that_sent_it(producer: str) -> None:
    first, second = recorded_rows(producer)["orders"]

    assert [context(first)] == traceparents(producer, "orders")
    assert first["names"] == [f"span:{first['trace_id']}-{first['span_id']}"]
    assert first["names"] != second["names"]


@pytest.mark.parametrize("producer", OPENTELEMETRY)
def test_an_effect_is_in_another_trace_and_names_no_cause(producer: str) -> None:
    """These instrumentations end the consumer's span too early: nothing on the wire leads back."""
    rows = recorded_rows(producer)
    (effect,) = rows["payments"]

    assert effect["trace_id"] not in {row["trace_id"] for row in rows["orders"]}
    assert effect["reference_names"] == []


@pytest.mark.parametrize(
    ("producer", "topic"),
    [
        ("aiokafka_otel", "forwarded"),
        ("kafka_python_otel", "forwarded"),
        ("confluent_kafka_otel", "forwarded-list"),
    ],
)
def test_with_forwarded_headers_the_last_context_is_its_own_and_the_first_names_the_cause(
    producer: str, topic: str
) -> None:
    rows = recorded_rows(producer)
    cause, (effect,) = rows["orders"][0], rows[topic]

    assert traceparents(producer, topic) == [context(cause), context(effect)]
    assert effect["reference_names"] == cause["names"]
    assert (effect["reference_relations"], effect["reference_evidences"]) == (["caused"], ["context"])


def test_headers_forwarded_as_a_dict_lose_the_context_of_the_cause() -> None:
    (effect,) = recorded_rows("confluent_kafka_otel")["forwarded-dict"]

    assert traceparents("confluent_kafka_otel", "forwarded-dict") == [context(effect)]
    assert effect["reference_names"] == []


@pytest.mark.parametrize("mode", ["binary", "structured"])
def test_cloudevents_say_the_same_in_both_modes(mode: str) -> None:
    order, payment, without_data = recorded_rows("cloudevents_sdk")[mode]

    assert {name: order[name] for name in ("message_id", "source", "service", "type", "correlation_id")} == {
        "message_id": "evt-order-1",
        "source": "https://shop.example/checkout",
        "service": "checkout",
        "type": "shop.order.placed",
        "correlation_id": "flow-1",
    }
    assert order["schema_id"] == "uri:https://schemas.shop.example/order/2"
    assert order["content_type"] == "application/json"
    assert (order["trace_convention"], order["span_id"]) == ("cloudevents-tracing", "00f067aa0ba902b7")
    assert "id:evt-order-1" in order["names"]
    assert order["reference_names"] == []
    for effect in (payment, without_data):
        assert (effect["message_id"], effect["service"]) == ("evt-payment-1", "payments")
        assert effect["reference_names"] == ["id:evt-order-1"]
        assert (effect["reference_relations"], effect["reference_evidences"]) == (["caused"], ["header"])


def test_a_cloudevent_without_data_is_empty_and_no_tombstone() -> None:
    assert recorded_rows("cloudevents_sdk")["binary"][2]["value_size_bytes"] == 0


def test_faststream_returns_under_the_context_of_the_cause_and_publishes_under_one_of_its_own() -> None:
    rows = recorded_rows("faststream_otel")

    for order, payment, receipt in zip(rows["orders"], rows["payments"], rows["receipts"], strict=True):
        assert receipt["names"] == order["names"]
        assert receipt["correlation_id"] == order["correlation_id"] != ""
        assert payment["trace_id"] == order["trace_id"]
        assert payment["span_id"] != order["span_id"]
        assert payment["correlation_id"] != order["correlation_id"]
        assert order["reference_names"] == payment["reference_names"] == receipt["reference_names"] == []
        assert order["content_type"] == "application/json"


def test_a_batch_of_faststream_shares_one_context() -> None:
    first, second = recorded_rows("faststream_otel")["lines"]

    assert (first["names"], first["correlation_id"]) == (second["names"], second["correlation_id"])
    assert b"with_batch=True" in first["header_values"]


@pytest.mark.parametrize(
    ("topic", "schema_id"),
    [
        ("avro-prefix", "confluent:1"),
        ("json-prefix", "confluent:2"),
        # One file, one id; which message it is comes behind it, and cannot be told from data without the registry.
        ("protobuf-order-prefix", "confluent:3"),
        ("protobuf-refund-prefix", "confluent:3"),
        ("protobuf-refund.line-prefix", "confluent:3"),
    ],
)
def test_schema_ids_in_front_of_payloads(topic: str, schema_id: str) -> None:
    (row,) = recorded_rows("confluent_serializers")[topic]

    assert row["schema_id"] == schema_id


@pytest.mark.parametrize(
    ("topic", "place"),
    [
        ("avro-header", ""),
        ("json-header", ""),
        ("protobuf-order-header", "/0"),
        ("protobuf-refund-header", "/1"),
        ("protobuf-refund.line-header", "/1.0"),
    ],
)
def test_schema_ids_in_headers_with_the_place_of_a_protobuf_message(topic: str, place: str) -> None:
    (row,) = recorded_rows("confluent_serializers")[topic]

    guid = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
    assert re.fullmatch(rf"confluent-guid:{guid}{place}", row["schema_id"])
    assert row["header_values"][0][0] == 1


def test_json_behind_no_prefix_keeps_its_shape() -> None:
    rows = recorded_rows("confluent_serializers")

    assert rows["json-header"][0]["shape_id"] != 0
