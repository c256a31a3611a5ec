"""From records to event rows: what headers mean, and that nothing on the wire can stop it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.decode.conventions import CONVENTIONS, Convention, Header, Meaning
from collector.decode.read_records import REDACTED
from collector.errors import RecordError
from tests.support.records import (
    HEADER_VALUE_BYTES_MAX,
    HEADERS_MAX,
    NOW_MS,
    Headers,
    Record,
    decoded,
    record_columns,
)

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"
OTHER_SPAN = "b7ad6b7169203331"
OWN = f"00-{TRACE}-{SPAN}-01".encode()
BEFORE = f"00-{TRACE}-{OTHER_SPAN}-01".encode()


def references(row: dict[str, Any]) -> list[tuple[str, str, str]]:
    return list(
        zip(row["reference_names"], row["reference_relations"], row["reference_evidences"], strict=True)
    )


def test_trace_context_is_the_identity_of_a_span() -> None:
    row = decoded(Record([("traceparent", OWN)]))

    assert (row["trace_id"], row["span_id"], row["trace_convention"]) == (TRACE, SPAN, "w3c-trace-context")
    assert row["names"] == [f"span:{TRACE}-{SPAN}"]
    assert references(row) == []


def test_of_two_trace_contexts_the_last_is_its_own_and_the_one_before_names_the_cause() -> None:
    row = decoded(Record([("traceparent", BEFORE), ("x", b"y"), ("traceparent", OWN)]))

    assert row["span_id"] == SPAN
    assert references(row) == [(f"span:{TRACE}-{OTHER_SPAN}", "caused", "context")]


def test_an_invalid_last_context_leaves_the_valid_one_before_it() -> None:
    row = decoded(Record([("traceparent", BEFORE), ("traceparent", OWN.upper())]))

    assert row["span_id"] == OTHER_SPAN
    assert references(row) == []
    assert row["errors"] == [RecordError.TRACE_CONTEXT_INVALID]


def test_cloudevents_binary_mode() -> None:
    row = decoded(
        Record(
            [
                ("ce_specversion", b"1.0"),
                ("ce_id", b"e-2"),
                ("ce_source", b"https://shop.example/checkout"),
                ("ce_type", b"OrderPlaced"),
                ("ce_causationid", b"e-1"),
                ("ce_correlationid", b"c-1"),
                ("content-type", b"application/json"),
            ]
        )
    )

    assert {name: row[name] for name in ("message_id", "source", "service", "type", "correlation_id")} == {
        "message_id": "e-2",
        "source": "https://shop.example/checkout",
        "service": "checkout",
        "type": "OrderPlaced",
        "correlation_id": "c-1",
    }
    assert row["content_type"] == "application/json"
    assert row["names"] == ["id:e-2"]
    assert references(row) == [("id:e-1", "caused", "header")]


@pytest.mark.parametrize("key", ["causation-id", "causationId", "CAUSATION_ID", "causation.id"])
def test_plain_ids_are_found_however_they_are_written(key: str) -> None:
    row = decoded(Record([(key, b"m-1"), ("Message-Id", b'"m-2"')]))

    assert row["message_id"] == "m-2"
    assert references(row) == [("id:m-1", "caused", "header")]


def test_outbox_event_id_is_a_message_id() -> None:
    assert decoded(Record([("id", b"7d0c")]))["names"] == ["id:7d0c"]


def test_a_message_does_not_cause_itself() -> None:
    assert references(decoded(Record([("message-id", b"m-1"), ("causation-id", b"m-1")]))) == []


SPRING_RETRY: Headers = [
    ("message-id", b"m-2"),
    ("causation-id", b"m-1"),
    ("kafka_original-topic", b"orders"),
    ("kafka_original-partition", (3).to_bytes(4, "big")),
    ("kafka_original-offset", (12).to_bytes(8, "big")),
    ("kafka_dlt-original-consumer-group", b"billing"),
    ("kafka_exception-fqcn", b"org.springframework.kafka.listener.ListenerExecutionFailedException"),
    ("kafka_exception-cause-fqcn", b"shop.SchemaMismatch"),
]


@pytest.mark.parametrize(
    ("topic", "relation", "dead_letter"),
    [
        ("orders-retry-1", "retried", False),
        ("orders-dlt", "dead_lettered", True),
        ("orders", "redriven", False),
    ],
)
def test_a_copy_says_where_it_comes_from(topic: str, relation: str, dead_letter: bool) -> None:
    row = decoded(Record(SPRING_RETRY), topic=topic)

    assert row["origin"] == "event:orders/3/12"
    assert row["dead_letter"] is dead_letter
    assert (row["failed_group"], row["exception"]) == ("billing", "shop.SchemaMismatch")
    assert references(row) == [("id:m-1", relation, "header"), ("event:orders/3/12", relation, "provenance")]


def test_spring_dead_letter_headers_that_repeat_count_by_their_last() -> None:
    hop = [
        ("kafka_dlt-original-topic", b"orders"),
        ("kafka_dlt-original-partition", (0).to_bytes(4, "big")),
        ("kafka_dlt-original-offset", (1).to_bytes(8, "big")),
    ]
    later = [
        ("kafka_dlt-original-topic", b"orders-retry"),
        ("kafka_dlt-original-partition", (2).to_bytes(4, "big")),
        ("kafka_dlt-original-offset", (70_000).to_bytes(8, "big")),
    ]

    assert decoded(Record([*hop, *later]), topic="orders-dlt")["origin"] == "event:orders-retry/2/70000"


def test_connect_writes_its_numbers_as_text() -> None:
    headers = [
        ("__connect.errors.topic", b"orders"),
        ("__connect.errors.partition", b"0"),
        ("__connect.errors.offset", b"1234"),
    ]

    assert decoded(Record(headers), topic="dlq-orders")["origin"] == "event:orders/0/1234"


@pytest.mark.parametrize(
    "offset", [None, b"", b"\xff" * 8, b"\x01" * 9], ids=["null", "empty", "negative", "huge"]
)
def test_an_unreadable_origin_costs_the_origin_only(offset: bytes | None) -> None:
    row = decoded(
        Record([(key, offset if key == "kafka_original-offset" else value) for key, value in SPRING_RETRY])
    )

    assert row["origin"] == ""
    assert row["message_id"] == "m-2"
    assert RecordError.ORIGIN_UNREADABLE in row["errors"]


def test_a_declared_producer_counts_only_where_the_wire_says_nothing() -> None:
    columns = record_columns(producers={"orders": "declared"})
    columns.add("orders", 0, [Record(), Record([("source", b"checkout")], offset=1)], NOW_MS)

    assert {row["offset"]: row["service"] for row in columns.table(1).to_pylist()} == {
        0: "declared",
        1: "checkout",
    }


def test_values_of_secret_headers_do_not_leave() -> None:
    row = decoded(Record([("x-Secret-key", b"hunter2"), ("y", b"1")]))

    assert row["header_values"] == [REDACTED, b"1"]


def test_secret_ids_are_no_names() -> None:
    """Two events whose ids are masked have nothing in common."""
    conventions = (Convention("in house", "test", (Header("secret-id", Meaning.MESSAGE_ID),)), *CONVENTIONS)

    row = decoded(Record([("Secret-Id", b"m-1"), ("causation-id", b"m-0")]), conventions=conventions)

    assert (row["message_id"], row["names"]) == ("", [])
    assert row["reference_names"] == ["id:m-0"]
    assert row["header_values"] == [REDACTED, b"m-0"]
    assert row["errors"] == []


def test_what_is_too_large_is_cut_and_says_so() -> None:
    large = b"x" * (HEADER_VALUE_BYTES_MAX + 1)
    headers = [("a", large), *[(f"h{i}", b"") for i in range(HEADERS_MAX)]]

    row = decoded(Record(headers))

    assert row["header_values"][0] == large[:-1]
    assert len(row["header_names"]) == len(row["header_values"]) == HEADERS_MAX
    assert set(row["errors"]) == {RecordError.HEADER_VALUE_CUT, RecordError.HEADERS_CUT}


def test_long_ids_stay_distinct() -> None:
    first, second = (decoded(Record([("message-id", b"x" * 5000 + end)])) for end in (b"1", b"2"))

    assert first["message_id"] != second["message_id"]
    assert len(first["message_id"]) < 512


@pytest.mark.parametrize("timestamp", [-1, 0, NOW_MS + 2 * 86_400_000, 253_402_300_799_000, -(2**63)])
def test_an_implausible_record_time_gives_way_to_the_time_of_reading(timestamp: int) -> None:
    row = decoded(Record(timestamp=timestamp))

    assert row["time"] == row["observed_time"]
    assert row["record_timestamp_ms"] == timestamp
    assert row["errors"] == [RecordError.TIME_IMPLAUSIBLE]


def test_a_tombstone_is_not_an_empty_value() -> None:
    assert [decoded(Record(value=value))["value_size_bytes"] for value in (None, b"")] == [-1, 0]


def test_broken_json_is_kept_with_its_error() -> None:
    row = decoded(Record(value=b'{"a":'))

    assert (row["shape_id"], row["errors"]) == (0, [RecordError.PAYLOAD_NOT_JSON])


KNOWN_KEYS = [
    "traceparent", "Traceparent", "ce_id", "ce_source", "ce_causationid", "message-id", "causation-id", "id",
    "kafka_original-topic", "kafka_original-partition", "kafka_original-offset",
    "kafka_dlt-original-topic", "kafka_dlt-original-partition", "kafka_dlt-original-offset",
    "__connect.errors.topic", "__connect.errors.partition", "__connect.errors.offset",
    "x-secret", "source", "type", "",
]  # fmt: skip
RAW_KEYS = st.binary(max_size=6).map(lambda raw: raw.decode("utf-8", "surrogateescape"))
KEYS = st.sampled_from(KNOWN_KEYS) | st.text(max_size=6) | RAW_KEYS
VALUES = (
    st.none()
    | st.binary(max_size=80)
    | st.sampled_from([OWN, BEFORE, OWN.upper(), b"orders", b"\x00" * 4, b"7"])
)
RECORDS = st.builds(
    Record,
    headers=st.lists(st.tuples(KEYS, VALUES), max_size=8),
    value=st.none() | st.binary(max_size=30) | st.sampled_from([b"{}", b'{"a":1}', b"[1"]),
    key=st.none() | st.binary(max_size=8),
    timestamp=st.integers(-(2**63), 2**63 - 1),
    timestamp_type=st.sampled_from([0, 1]),
)


@given(st.lists(st.tuples(st.sampled_from(["orders", "orders-dlt", "orders.retry"]), RECORDS), max_size=12))
def test_any_records_decode_and_their_headers_can_be_rebuilt(records: list[tuple[str, Record]]) -> None:
    columns = record_columns()
    for place, (topic, record) in enumerate(records):
        columns.add(topic, place, [record], NOW_MS)

    rows = {row["partition"]: row for row in columns.table(1).to_pylist()}

    assert len(rows) == len(records)
    for place, (topic, record) in enumerate(records):
        row = rows[place]
        rebuilt = list(zip(row["header_names"], row["header_values"], strict=True))
        assert rebuilt == [
            (key.encode("utf-8", "surrogateescape"), REDACTED if "secret" in key.lower() else value)
            for key, value in record.headers
        ]
        assert (row["topic"], row["key"], row["record_timestamp_ms"]) == (topic, record.key, record.timestamp)


@given(st.lists(RECORDS, max_size=6), st.lists(RECORDS, max_size=6))
def test_a_record_reads_the_same_alone_and_among_others(some: list[Record], others: list[Record]) -> None:
    columns = record_columns()
    columns.add(
        "orders", 0, [Record(**{**vars(record), "offset": i}) for i, record in enumerate(some)], NOW_MS
    )
    columns.add("orders", 1, others, NOW_MS)

    together = {row["offset"]: row for row in columns.table(1).to_pylist() if row["partition"] == 0}

    assert together == {i: {**decoded(record), "offset": i} for i, record in enumerate(some)}
