"""Records without a broker: what the client library would hand over."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from collector.decode.conventions import CONVENTIONS, Convention
from collector.decode.plan import Planner
from collector.decode.read_records import Limits, RecordColumns
from collector.decode.shape import ShapeReader

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


def decoded(
    record: Record,
    *,
    topic: str = "orders",
    partition: int = 0,
    conventions: Sequence[Convention] = CONVENTIONS,
) -> dict[str, Any]:
    """Return the event row of one record."""
    columns = record_columns(conventions=conventions)
    columns.add(topic, partition, [record], NOW_MS)
    (row,) = columns.table(1).to_pylist()
    return dict(row)
