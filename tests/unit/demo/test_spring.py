"""Spring's headers, byte for byte as its own code writes them."""

import pytest

from collector.demo.model import Failure, Record
from collector.demo.spring import (
    attempts,
    dead_letter_headers,
    minimal_bytes,
    not_before_s,
    origin,
    retry_headers,
)
from schemas.records import EventRef

READ_AT_S = 1_795_414_328.642
FAILURE = Failure("billing", "shop.Broken", "no amount", retryable=True, attempts=1, retry_at_s=READ_AT_S + 1)


def record(ref: EventRef, headers: list[tuple[str, bytes | None]]) -> Record:
    return Record(ref, "ord-1", {}, headers, READ_AT_S)


def test_first_retry_names_the_place_it_failed_at_in_java_numbers() -> None:
    failed = record(EventRef("payments.captured", 2, 300), [("ce_id", b"a")])

    headers = retry_headers(failed, FAILURE)

    assert headers[:6] == [
        ("ce_id", b"a"),
        ("kafka_original-topic", b"payments.captured"),
        ("kafka_original-partition", b"\x00\x00\x00\x02"),
        ("kafka_original-offset", b"\x00\x00\x00\x00\x00\x00\x01\x2c"),
        ("kafka_original-timestamp", (1_795_414_328_642).to_bytes(8, "big")),
        ("kafka_original-timestamp-type", b"CreateTime"),
    ]
    assert headers[6] == ("kafka_dlt-original-consumer-group", b"billing")
    assert [name for name, _ in headers[7:]] == [
        "kafka_exception-fqcn",
        "kafka_exception-cause-fqcn",
        "kafka_exception-message",
        "kafka_exception-stacktrace",
        "retry_topic-original-timestamp",
        "retry_topic-attempts",
        "retry_topic-backoff-timestamp",
    ]
    assert dict(headers)["kafka_exception-cause-fqcn"] == b"shop.Broken"
    assert dict(headers)["retry_topic-attempts"] == b"\x00\x00\x00\x02"
    assert dict(headers)["retry_topic-original-timestamp"] == (1_795_414_328_642).to_bytes(6, "big")
    assert dict(headers)["retry_topic-backoff-timestamp"] == (1_795_414_329_642).to_bytes(6, "big")


def test_second_hop_keeps_the_origin_replaces_the_exception_and_appends_its_attempt() -> None:
    main = record(EventRef("payments.captured", 2, 300), [])
    hop = record(EventRef("payments.captured-retry-0", 2, 7), retry_headers(main, FAILURE))
    again = Failure(
        "billing", "shop.Other", "still not", retryable=True, attempts=2, retry_at_s=READ_AT_S + 9
    )

    headers = retry_headers(hop, again)

    names = [name for name, _ in headers]
    assert names.count("kafka_original-offset") == 1
    assert names.count("kafka_exception-fqcn") == 1
    assert dict(headers)["kafka_exception-cause-fqcn"] == b"shop.Other"
    assert [value for name, value in headers if name == "retry_topic-attempts"] == [
        b"\x00\x00\x00\x02",
        b"\x00\x00\x00\x03",
    ]
    copy = record(EventRef("payments.captured-retry-1", 2, 3), headers)
    assert origin(copy) == main.ref
    assert attempts(copy) == 3
    assert not_before_s(copy) == pytest.approx(READ_AT_S + 9, abs=0.001)


def test_a_dead_letter_without_retries_has_the_other_family_of_names() -> None:
    failed = record(EventRef("loyalty.points", 0, 5), [("traceparent", b"t")])

    headers = dead_letter_headers(failed, Failure("notifications", "shop.Gone", "550"))

    assert headers[0] == ("traceparent", b"t")
    assert all(name.startswith("kafka_dlt-") for name, _ in headers[1:])
    assert dict(headers)["kafka_dlt-original-topic"] == b"loyalty.points"
    assert dict(headers)["kafka_dlt-original-offset"] == b"\x00\x00\x00\x00\x00\x00\x00\x05"
    assert dict(headers)["kafka_dlt-exception-cause-fqcn"] == b"shop.Gone"


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0, "00"),
        (127, "7f"),
        (128, "0080"),
        (255, "00ff"),
        (32_767, "7fff"),
        (1_795_414_328_642, "01a207088542"),
    ],
)
def test_minimal_bytes_are_those_of_java(number: int, expected: str) -> None:
    assert minimal_bytes(number).hex() == expected
