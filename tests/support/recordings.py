"""Records that real producers made, kept in tests/data/recordings: one JSON line a record, after a line about them."""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, Message, TopicPartition

from tests.support.records import NOW_MS, Record, record_columns

FOLDER = Path(__file__).parent.parent / "data" / "recordings"
_HEADER_VALUE_BYTES_MAX = 1_048_576  # as collectors have it by default: stack traces are long
_BROKER = "Apache Kafka 4.1.1"
_SILENCE_SECONDS = 10
_LOG_APPEND_TIME = 2  # as librdkafka counts; a record says 1


@dataclass(frozen=True)
class Recorded:
    """A record and where it was."""

    topic: str
    partition: int
    record: Record


def read_recording(producer: str) -> list[Recorded]:
    """Return the records of one producer, in the order in which they were read from the broker."""
    _, *lines = (FOLDER / f"{producer}.jsonl").read_text().splitlines()
    return [_recorded(json.loads(line)) for line in lines]


def recorded_rows(producer: str) -> dict[str, list[dict[str, Any]]]:
    """Return the decoded event rows of a recording by topic, in order of partition and offset.

    They are decoded as one write, the way a collector does.
    """
    columns = record_columns(header_value_bytes_max=_HEADER_VALUE_BYTES_MAX)
    for found in read_recording(producer):
        columns.add(found.topic, found.partition, [found.record], NOW_MS)
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in sorted(columns.table(1).to_pylist(), key=lambda row: (row["partition"], row["offset"])):
        rows.setdefault(row["topic"], []).append(row)
    return rows


def save_recording(
    producer: str,
    bootstrap: str,
    topics: Sequence[str],
    *,
    versions: Mapping[str, str],
    program: str,
    day: str,
) -> int:
    """Read `topics` to their ends and keep every record. Returns how many there were."""
    head = {
        "producer": producer,
        "versions": dict(versions),
        "program": program,
        "recorded": day,
        "broker": _BROKER,
    }
    lines = [json.dumps(head), *(json.dumps(_line(message)) for message in _messages(bootstrap, topics))]
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{producer}.jsonl").write_text("\n".join(lines) + "\n")
    return len(lines) - 1


def _messages(bootstrap: str, topics: Sequence[str]) -> Iterator[Message]:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "recorder", "enable.auto.commit": False})
    try:
        for topic in topics:
            for partition in sorted(
                consumer.list_topics(topic, timeout=_SILENCE_SECONDS).topics[topic].partitions
            ):
                yield from _read_partition(consumer, TopicPartition(topic, partition, OFFSET_BEGINNING))
    finally:
        consumer.close()


def _read_partition(consumer: Consumer, place: TopicPartition) -> Iterator[Message]:
    consumer.assign([place])
    _, end = consumer.get_watermark_offsets(place, timeout=_SILENCE_SECONDS)
    while consumer.position([place])[0].offset < end:
        message = consumer.poll(_SILENCE_SECONDS)
        if message is None:  # what is left are control records, which no consumer is given
            return
        assert message.error() is None, message.error()
        yield message


def _line(message: Message) -> dict[str, Any]:
    timestamp_type, timestamp_ms = message.timestamp()
    return {
        "topic": message.topic(),
        "partition": message.partition(),
        "offset": message.offset(),
        "timestamp_ms": timestamp_ms,
        "timestamp_type": int(timestamp_type == _LOG_APPEND_TIME),
        "key": _text(message.key()),
        "value": _text(message.value()),
        "headers": [[key, _text(value)] for key, value in message.headers() or ()],
    }


def _recorded(line: Mapping[str, Any]) -> Recorded:
    record = Record(
        headers=tuple((key, _bytes(value)) for key, value in line["headers"]),
        value=_bytes(line["value"]),
        key=_bytes(line["key"]),
        offset=line["offset"],
        timestamp=line["timestamp_ms"],
        timestamp_type=line["timestamp_type"],
    )
    return Recorded(line["topic"], line["partition"], record)


def _text(content: bytes | None) -> str | None:
    return None if content is None else b64encode(content).decode()


def _bytes(content: str | None) -> bytes | None:
    return None if content is None else b64decode(content)
