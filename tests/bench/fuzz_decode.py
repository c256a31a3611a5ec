"""Coverage-guided fuzzing of what reads bytes from the wire. Not part of the tests: what it finds becomes one.

It needs atheris, which is not among our dependencies: put it anywhere and name the place.

    python3.11 -m venv /tmp/fuzz && /tmp/fuzz/bin/pip install atheris
    PYTHONPATH=/tmp/fuzz/lib/python3.11/site-packages .venv/bin/python -m tests.bench.fuzz_decode \
        (decode | unpack) RECORDS -runs=1000000 -timeout=5 -rss_limit_mb=2048 -max_len=8192 -len_control=0

`decode` makes records out of the table of conventions, values that real producers wrote, and damage, and turns
them into rows. `unpack` damages fetches in Kafka's record format and takes them apart the way the collector does.
Both assert what the collector relies on. It ends at the first input that breaks it, and keeps that input. A run is up
to RECORDS records: many meet each other in one table, one makes many runs. How many they were is said on the way.
"""

import re
import struct
import sys
from collections.abc import Callable
from typing import Any

import atheris  # see above

with atheris.instrument_imports(include=["collector"]):
    from aiokafka import TopicPartition
    from aiokafka.record.util import calc_crc32c

    from collector.consume.fetched_batches import _FetchedBytes, _PartitionBatches
    from collector.decode.conventions import CONVENTIONS
    from collector.decode.plan import Planner
    from collector.decode.raw_batches import BrokenBatch, RawBatch
    from collector.decode.raw_batches import unpack as unpack_batch
    from collector.decode.read_records import Limits, RecordColumns
    from collector.decode.shape import ShapeReader

from tests.support.recordings import FOLDER, read_recording
from tests.support.records import NOW_MS, Record
from tests.support.wire import RawRecord, encode_batch
from tests.unit.decode.fixtures import FIXTURES

LIMITS = Limits(headers_max=30, header_value_bytes_max=200)
TOPICS = ("orders", "orders-dlt", "orders.retry")
RECORDED = [found.record for path in sorted(FOLDER.glob("*.jsonl")) for found in read_recording(path.stem)]
KNOWN = [*RECORDED, *(Record(fixture.headers, fixture.value) for fixture in FIXTURES)]
KEYS = sorted({header.key for convention in CONVENTIONS for header in convention.headers})
VALUES = sorted({value for record in KNOWN for _, value in record.headers if value})
PAYLOADS = sorted({record.value for record in KNOWN if record.value})
_NO_REDACTION = re.compile("(?!)")
_SAID_EVERY = 10_000
_CRC, _AFTER_CRC, _RECORD_BYTES_MAX = 17, 21, 300


class Count:
    """How many records have been tried."""

    def __init__(self) -> None:
        self._records = 0

    def add(self, records: int) -> None:
        if self._records // _SAID_EVERY < (self._records + records) // _SAID_EVERY:
            print(f"{self._records + records:,} records", file=sys.stderr)
        self._records += records


counted = Count()
records_max = 64
planner = Planner(_NO_REDACTION)
shapes = ShapeReader()


class Chooser:
    """Draws from the fuzzer's bytes; all zeros once they are used up."""

    def __init__(self, data: bytes) -> None:
        self._drawn = atheris.FuzzedDataProvider(data)

    def number(self, most: int) -> int:
        return int(self._drawn.ConsumeIntInRange(0, most))

    def raw(self, most: int = _RECORD_BYTES_MAX) -> bytes:
        return bytes(self._drawn.ConsumeBytes(self.number(most)))

    def one_of(self, choices: list[Any]) -> Any:
        return choices[self.number(len(choices) - 1)]

    def damaged(self, known: list[bytes]) -> bytes | None:
        """Return nothing, anything, or something known with a few of its bytes replaced, cut out or put in."""
        kind = self.number(7)
        if kind < 2:
            return None if kind else self.raw()
        value = bytearray(self.one_of(known))
        for _ in range(kind - 3):
            place = self.number(len(value))
            value[place : place + self.number(2)] = self.raw(4)
        return bytes(value)

    def record(self) -> Record:
        known = self.one_of(KNOWN)
        headers = list(known.headers) if self.number(1) else []
        for _ in range(self.number(4)):
            key = self.one_of(KEYS) if self.number(3) else self.raw(6).decode("utf-8", "surrogateescape")
            headers.insert(self.number(len(headers)), (key, self.damaged(VALUES)))
        timestamp = self.number(2**64 - 1) - 2**63 if self.number(1) else NOW_MS
        return Record(tuple(headers), self.damaged(PAYLOADS), self.damaged(VALUES), self.number(9), timestamp)


def _no_producer(_topic: str) -> str | None:
    return None


def decode(data: bytes) -> None:
    """Any records become rows, as many as they are, whose headers are those of the records."""
    choose = Chooser(data)
    records = [choose.record() for _ in range(choose.number(records_max - 1) + 1)]
    counted.add(len(records))
    columns = RecordColumns(planner, shapes, LIMITS, _no_producer)
    for partition, record in enumerate(records):
        columns.add(TOPICS[choose.number(2)], partition, [record], NOW_MS)
    table = columns.table(1)
    table.validate(full=True)  # also that text is UTF-8
    assert table.num_rows == len(records)
    kept = table.select(["partition", "header_names", "header_values", "key"]).to_pylist()
    for row in kept:
        record = records[row["partition"]]
        assert row["key"] == record.key
        assert list(zip(row["header_names"], row["header_values"], strict=True)) == [
            (key.encode("utf-8", "surrogateescape"), value and value[: LIMITS.header_value_bytes_max])
            for key, value in record.headers[: LIMITS.headers_max]
        ]


def unpack(data: bytes) -> None:
    """Damaged fetches are taken apart to their ends; good batches behind the damage are all there."""
    choose = Chooser(data)
    raw = [_raw(choose.record()) for _ in range(choose.number(records_max - 1) + 1)]
    counted.add(len(raw))
    batch = bytearray(struct.pack(">q", 3) + encode_batch(raw)[8:])
    for _ in range(choose.number(3)):
        place = _AFTER_CRC + choose.number(len(batch) - _AFTER_CRC - 1)
        batch[place] = choose.number(255)
    if choose.number(7):
        batch[_CRC:_AFTER_CRC] = struct.pack(">I", calc_crc32c(bytes(batch[_AFTER_CRC:])))
    behind = 10**12  # beyond what a damaged number of records says
    fetched = bytes(batch) + struct.pack(">q", behind) + encode_batch([RawRecord(b"{}", b"good")])[8:]
    for _ in range(3):  # a batch with a wrong checksum is fetched again before it is passed over
        found = _PartitionBatches(
            TopicPartition("orders", 0), _FetchedBytes(fetched), [], 0, None, None, True, 0
        )
        items = list(found)
    assert found.next_fetch_offset == behind + 1
    columns = RecordColumns(planner, shapes, LIMITS, _no_producer)
    singles = RecordColumns(planner, shapes, LIMITS, _no_producer)
    for item in items:
        if isinstance(item, BrokenBatch):
            continue
        assert isinstance(item, RawBatch)
        columns.add_batch("orders", 0, item, NOW_MS)
        records, hole = unpack_batch(item)
        singles.add("orders", 0, records, NOW_MS)
        singles.broken.extend([("orders", 0, hole)] if hole else [])
    table, expected = columns.table(1), singles.table(1)
    table.validate(full=True)
    assert table["offset"].to_pylist()[-1] is not None
    assert behind in table["offset"].to_pylist(), "the good batch behind the damaged one is lost"
    assert _by_offset(table) == _by_offset(expected), "both readers must understand the same"
    assert columns.broken == singles.broken


def _by_offset(table: Any) -> list[dict[str, Any]]:
    return sorted(table.to_pylist(), key=lambda row: (row["offset"], repr(row)))


def _raw(record: Record) -> RawRecord:
    headers = tuple((key.encode("utf-8", "surrogateescape"), value) for key, value in record.headers)
    return RawRecord(record.value, record.key, headers, record.timestamp % 2**41)


if __name__ == "__main__":
    TARGETS: dict[str, Callable[[bytes], None]] = {"decode": decode, "unpack": unpack}
    target = TARGETS[sys.argv.pop(1)]
    records_max = int(sys.argv.pop(1))
    atheris.Setup(sys.argv, target)
    atheris.Fuzz()
