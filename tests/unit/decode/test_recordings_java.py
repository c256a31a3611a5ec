"""What Java producers really write is understood: recordings of Spring Kafka, Connect, Streams and an agent."""

from typing import Any

import pytest

from collector.errors import RecordError
from tests.support.recordings import read_recording, recorded_rows

PRODUCERS = ("spring-kafka", "kafka-connect", "kafka-streams", "opentelemetry-javaagent")
# The programs put this on what they send first.
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN_NAME = f"span:{TRACE}-00f067aa0ba902b7"

Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def spring() -> Rows:
    return recorded_rows("spring-kafka")


@pytest.fixture(scope="module")
def connect() -> Rows:
    return recorded_rows("kafka-connect")


@pytest.fixture(scope="module")
def streams() -> Rows:
    return recorded_rows("kafka-streams")


@pytest.fixture(scope="module")
def agent() -> Rows:
    return recorded_rows("opentelemetry-javaagent")


def references(row: dict[str, Any]) -> list[tuple[str, str, str]]:
    return list(
        zip(row["reference_names"], row["reference_relations"], row["reference_evidences"], strict=True)
    )


def failure(row: dict[str, Any]) -> tuple[str, str, str, int]:
    return row["origin"], row["failed_group"], row["exception"], row["attempt"]


@pytest.mark.parametrize("producer", PRODUCERS)
def test_nothing_on_the_wire_is_left_unread_but_payloads_that_are_broken_on_purpose(producer: str) -> None:
    for rows in recorded_rows(producer).values():
        for row in rows:
            broken = row["value_size_bytes"] == len('{"id": broken')
            assert row["errors"] == ([RecordError.PAYLOAD_NOT_JSON] if broken else []), row["topic"]


@pytest.mark.parametrize("producer", PRODUCERS)
def test_headers_can_be_rebuilt_exactly(producer: str) -> None:
    rows = recorded_rows(producer)
    for recorded in read_recording(producer):
        (row,) = (
            row
            for row in rows[recorded.topic]
            if (row["partition"], row["offset"]) == (recorded.partition, recorded.record.offset)
        )
        names = [name.decode() for name in row["header_names"]]
        assert list(zip(names, row["header_values"], strict=True)) == list(recorded.record.headers)


def test_spring_sends_a_type_and_passes_headers_on(spring: Rows) -> None:
    order = spring["orders"][0]

    assert (order["type"], order["correlation_id"]) == ("SpringKafka$Order", "cart-7")
    assert (order["trace_id"], order["trace_convention"]) == (TRACE, "w3c-trace-context")
    assert order["names"] == [SPAN_NAME]
    assert references(order) == []
    assert not order["dead_letter"]


def test_spring_dead_letter_names_its_origin_and_the_cause_of_the_exception(spring: Rows) -> None:
    (dead,) = spring["orders-dlt"]

    assert failure(dead) == ("event:orders/0/0", "shipping", "SpringKafka$PaymentException", 0)
    assert references(dead) == [("event:orders/0/0", "dead_lettered", "provenance")]
    assert dead["dead_letter"]
    # Nothing rewrites the context without an agent: the copy carries its origin's.
    assert dead["names"] == [SPAN_NAME]
    assert (dead["type"], dead["correlation_id"]) == ("SpringKafka$Order", "cart-7")


def test_of_two_spring_hops_the_last_counts(spring: Rows) -> None:
    (dead,) = spring["orders-dlt-dlt"]

    assert dead["header_names"].count(b"kafka_dlt-original-topic") == 2
    assert failure(dead) == ("event:orders-dlt/0/0", "repair", "java.lang.UnsupportedOperationException", 0)
    assert references(dead) == [("event:orders-dlt/0/0", "dead_lettered", "provenance")]
    assert dead["dead_letter"]


def test_a_redriven_record_is_no_dead_letter_though_it_has_all_the_headers_of_one(spring: Rows) -> None:
    again = spring["orders"][1]

    assert again["header_names"].count(b"kafka_dlt-original-topic") == 2
    assert references(again) == [("event:orders-dlt/0/0", "redriven", "provenance")]
    assert not again["dead_letter"]


def test_spring_dead_letter_of_a_record_that_could_not_be_read(spring: Rows) -> None:
    (dead,) = spring["parcels-dlt"]

    wrapper = "org.springframework.kafka.support.serializer.DeserializationException"
    assert failure(dead) == ("event:parcels/0/0", "shipping", wrapper, 0)
    assert references(dead) == [("event:parcels/0/0", "dead_lettered", "provenance")]
    assert dead["type"] == ""


@pytest.mark.parametrize(
    ("topic", "offset", "attempt"),
    [
        ("payments-retry-200", 0, 2),
        ("payments-retry-400", 0, 3),
        ("refunds-retry", 0, 2),
        ("refunds-retry", 1, 3),
    ],
)
def test_spring_retry_topics_name_the_main_topic_and_the_attempt_they_are_for(
    spring: Rows, topic: str, offset: int, attempt: int
) -> None:
    retry = spring[topic][offset]
    origin = f"event:{topic.partition('-')[0]}/0/0"

    assert retry["header_names"].count(b"retry_topic-attempts") == attempt - 1
    assert failure(retry) == (origin, "billing", "SpringKafka$PaymentException", attempt)
    assert references(retry) == [(origin, "retried", "provenance")]
    assert not retry["dead_letter"]


@pytest.mark.parametrize("topic", ["payments", "refunds"])
def test_spring_dead_letter_after_retries_counts_itself_as_an_attempt(spring: Rows, topic: str) -> None:
    (dead,) = spring[f"{topic}-dlt"]

    assert failure(dead) == (f"event:{topic}/0/0", "billing", "SpringKafka$PaymentException", 4)
    assert references(dead) == [(f"event:{topic}/0/0", "dead_lettered", "provenance")]
    assert dead["dead_letter"]


def test_spring_pairs_request_and_reply_by_raw_bytes_and_claims_no_cause(spring: Rows) -> None:
    (question,), (answer,) = spring["quotes"], spring["quotes-replies"]
    pairing = [
        dict(zip(row["header_names"], row["header_values"], strict=True))[b"kafka_correlationId"]
        for row in (question, answer)
    ]

    assert pairing[0] == pairing[1]
    assert len(pairing[0]) == 16
    assert references(answer) == []
    assert question["correlation_id"] == answer["correlation_id"] == ""


@pytest.mark.parametrize(("offset", "origin"), [(0, "event:shipments/0/1"), (1, "event:shipments/0/2")])
def test_connect_dead_letter_says_why_where_it_is_told_to(connect: Rows, offset: int, origin: str) -> None:
    dead = connect["shipments-dlq"][offset]

    assert failure(dead) == (origin, "warehouse", "org.apache.kafka.connect.errors.DataException", 0)
    assert references(dead) == [(origin, "dead_lettered", "provenance")]
    assert dead["dead_letter"]
    assert dead["names"] == [SPAN_NAME]


@pytest.mark.parametrize("offset", [0, 1])
def test_connect_dead_letter_without_context_headers_is_the_same_record_again(
    connect: Rows, offset: int
) -> None:
    silent, original = connect["shipments-dead"][offset], connect["shipments"][offset + 1]

    for column in ("key", "header_names", "header_values", "time", "names", "shape_id"):
        assert silent[column] == original[column], column
    assert (silent["origin"], references(silent), silent["dead_letter"]) == ("", [], False)


@pytest.mark.parametrize(
    ("offset", "origin", "exception"),
    [
        (0, "event:readings/0/1", "org.apache.kafka.common.errors.SerializationException"),
        (1, "event:readings/0/2", "java.lang.IllegalStateException"),
    ],
)
def test_streams_dead_letter_names_its_origin_and_keeps_its_headers(
    streams: Rows, offset: int, origin: str, exception: str
) -> None:
    dead = streams["readings-dlq"][offset]

    assert failure(dead) == (origin, "", exception, 0)
    assert references(dead) == [(origin, "dead_lettered", "provenance")]
    assert dead["dead_letter"]
    assert dead["names"] == [SPAN_NAME]
    assert dead["time"] == streams["readings"][offset + 1]["time"]


def test_streams_pass_the_context_of_the_input_on_unchanged(streams: Rows) -> None:
    (rate,) = streams["rates"]

    assert rate["names"] == streams["readings"][0]["names"] == [SPAN_NAME]
    assert references(rate) == []


@pytest.mark.parametrize("topic", ["shipments", "invoices"])
def test_the_agent_replaces_the_context_also_in_headers_that_are_passed_on(agent: Rows, topic: str) -> None:
    for order, effect in zip(agent["orders"], agent[topic], strict=True):
        assert effect["header_names"] == [b"traceparent"]
        assert effect["trace_id"] == order["trace_id"] != ""
        assert effect["span_id"] != order["span_id"]
        assert references(effect) == []


def test_the_agent_gives_every_record_a_span_of_its_own(agent: Rows) -> None:
    names = [row["names"] for rows in agent.values() for row in rows]

    assert len({name for (name,) in names}) == len(names) == 6
    assert len({row["trace_id"] for row in agent["orders"]}) == 2


def test_what_a_failure_said_is_read_without_the_wrapper_that_named_the_listener(
    spring: Rows, connect: Rows, streams: Rows
) -> None:
    assert [
        row["exception_message"] for topic in ("orders-dlt", "orders-dlt-dlt") for row in spring[topic]
    ] == [
        "not paid",
        "nothing to repair",
    ]
    assert {row["exception_message"] for row in spring["payments-retry-200"]} == {"card refused"}
    assert spring["parcels-dlt"][0]["exception_message"] == "failed to deserialize"
    assert connect["shipments-dlq"][1]["exception_message"] == (
        "Value (many) was out of range for requested data type"
    )
    assert streams["readings-dlq"][1]["exception_message"] == "cannot rate: meter stands still"
