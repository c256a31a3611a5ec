"""Records without a broker: what the client library would hand over."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from collector.decode.conventions import CONVENTIONS, Convention
from collector.decode.plan import Planner
from collector.decode.raw_batches import RawBatch
from collector.decode.read_records import Limits, RecordColumns
from collector.decode.shape import ShapeReader
from tests.support.wire import RawRecord, encode_batch

NOW_MS = 1_795_412_000_000
HEADER_VALUE_BYTES_MAX = 4096
HEADERS_MAX = 100

Headers = Sequence[tuple[str, bytes | None]]


@dataclass(frozen=True)
class Record:
    """A record with defaults for what a test does not care for."""

    headers: Headers = ()
    value: bytes | None = b"{}"
    key: bytes | None = b"ord-1"
    offset: int = 0
    timestamp: int = NOW_MS
    timestamp_type: int = 0


def record_columns(
    *,
    shapes: ShapeReader | None = None,
    producers: dict[str, str] | None = None,
    conventions: Sequence[Convention] = CONVENTIONS,
    header_value_bytes_max: int = HEADER_VALUE_BYTES_MAX,
) -> RecordColumns:
    """Return empty columns with small limits; header names with `secret` in them are redacted."""
    import re

    planner = Planner(re.compile(r"(?i).*secret.*"), conventions)
    limits = Limits(HEADERS_MAX, header_value_bytes_max)
    return RecordColumns(planner, shapes or ShapeReader(), limits, (producers or {}).get)


def as_batches(records: Sequence[Record], *, in_batch_max: int = 1_000) -> list[RawBatch]:
    """Return the records as a broker would send them: as many in a batch as can be, for equal kinds of time.

    Their offsets must grow.
    """
    runs: list[list[Record]] = []
    for record in records:
        before = runs[-1][-1] if runs else None
        if before is None or before.timestamp_type != record.timestamp_type or len(runs[-1]) >= in_batch_max:
            runs.append([])
        runs[-1].append(record)
    return [RawBatch(_encoded(run), run[0].offset) for run in runs]


def _encoded(run: Sequence[Record]) -> bytes:
    raw = [
        RawRecord(
            record.value,
            record.key,
            tuple((key.encode("utf-8", "surrogateescape"), value) for key, value in record.headers),
            record.timestamp,
        )
        for record in run
    ]
    return encode_batch(
        raw,
        base_offset=run[0].offset,
        offset_deltas=[record.offset - run[0].offset for record in run],
        append_time_ms=run[0].timestamp if run[0].timestamp_type else None,
    )


def decoded(
    record: Record,
    *,
    topic: str = "orders",
    partition: int = 0,
    conventions: Sequence[Convention] = CONVENTIONS,
) -> dict[str, Any]:
    """Return the event row of one record, which is the same however it is read."""
    columns = record_columns(conventions=conventions)
    columns.add(topic, partition, [record], NOW_MS)
    (row,) = columns.table(1).to_pylist()
    by_batch = record_columns(conventions=conventions)
    for batch in as_batches([record]):
        by_batch.add_batch(topic, partition, batch, NOW_MS)
    assert by_batch.table(1).to_pylist() == [row], "both readers must understand the same"
    return dict(row)
