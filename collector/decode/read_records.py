"""Records to rows: collects what is read from Kafka and turns it into columns at each write."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from collector.decode import columns
from collector.decode.plan import Pick, Planner
from collector.decode.read_headers import HeaderFacts, Note, read_headers
from collector.decode.shape import NO_SHAPE, ShapeReader
from collector.errors import RecordError
from schemas import arrow

REDACTED = b"[redacted]"
_TIME_MS_MIN = 946_684_800_000  # 2000-01-01: before that a record time is a default or a mistake
_AHEAD_MS_MAX = 86_400_000
_ROW_BYTES = 400  # what a row holds in memory besides its header values, measured


ProducerOf = Callable[[str], str | None]


class WireRecord(Protocol):
    """A record as the client library hands it over."""

    offset: int
    timestamp: int
    timestamp_type: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


@dataclass(frozen=True)
class Limits:
    """How much of a record is kept."""

    headers_max: int
    header_value_bytes_max: int


@dataclass
class _Group:
    """Records that are read by the same picks, column by column."""

    picks: tuple[Pick, ...]
    facts: list[tuple[Any, ...]] = field(default_factory=list)
    picked: list[bytes | None] = field(default_factory=list)
    header_values: list[bytes | None] = field(default_factory=list)
    segments: list[tuple[str, int, int, int]] = field(default_factory=list)
    errors: dict[int, list[str]] = field(default_factory=dict)

    def note(self, row: int, error: str) -> None:
        self.errors.setdefault(row, []).append(error)


class RecordColumns:
    """The rows of one write in the making: filled by one thread, then turned into a table by any other."""

    def __init__(
        self, planner: Planner, shapes: ShapeReader | None, limits: Limits, producer_of: ProducerOf
    ) -> None:
        self._planner = planner
        self._shapes = shapes
        self._limits = limits
        self._producer_of = producer_of
        self._groups: dict[int, _Group] = {}
        self._sequences: dict[tuple[str, ...], int] = {}
        self.count = 0
        self.size_bytes = 0

    def add(self, topic: str, partition: int, records: Iterable[WireRecord], observed_ms: int) -> None:
        """Read records of one partition. Never raises for what a record holds."""
        plan_of, sequences, groups = self._planner.plan, self._sequences, self._groups
        read_shape = self._shapes.read if self._shapes else None
        headers_max = self._limits.headers_max
        before: dict[int, tuple[int, int]] = {}
        for record in records:
            headers = record.headers
            keys: tuple[str, ...]
            values: Sequence[bytes | None]
            keys, values = zip(*headers, strict=True) if headers else ((), ())
            if len(keys) > headers_max:
                keys, values = keys[:headers_max], values[:headers_max]
            plan = plan_of(keys)
            group = groups.get(plan.group)
            if group is None:
                group = groups[plan.group] = _Group(plan.picks)
            facts = group.facts
            if plan.group not in before:
                before[plan.group] = (len(facts), len(group.header_values))
            if plan.redacted:
                values = [REDACTED if i in plan.redacted else value for i, value in enumerate(values)]
            if plan.errors or len(headers) > headers_max:
                self._note_headers(group, len(facts), plan.errors, len(headers))
            value = record.value
            shape = NO_SHAPE
            if value is None:
                value_size = -1
            else:
                value_size = len(value)
                if read_shape:
                    try:
                        shape = read_shape(value)
                    except ValueError:
                        group.note(len(facts), RecordError.PAYLOAD_NOT_JSON)
            sequence = sequences.setdefault(keys, len(sequences))
            facts.append(
                (
                    record.offset,
                    record.timestamp,
                    record.timestamp_type,
                    record.key,
                    value_size,
                    shape,
                    sequence,
                )
            )
            group.picked.extend(plan.pick(values))
            group.header_values.extend(values)
        for number, (row, header) in before.items():
            group = groups[number]
            added = len(group.facts) - row
            group.segments.append((topic, partition, observed_ms, added))
            self.count += added
            self.size_bytes += added * _ROW_BYTES + sum(map(len, filter(None, group.header_values[header:])))

    def _note_headers(self, group: _Group, row: int, errors: Sequence[str], header_count: int) -> None:
        for error in errors:
            group.note(row, error)
        if header_count > self._limits.headers_max:
            group.note(row, RecordError.HEADERS_CUT)

    def table(self, batch: int) -> pa.Table:
        """Return the rows in the columns of schemas.arrow.EVENTS, in no order. May be called again."""
        key_lists = _key_lists(list(self._sequences))
        tables = [self._table(group, key_lists, batch) for group in self._groups.values()]
        return pa.concat_tables(tables) if tables else arrow.EVENTS.empty_table()

    def _table(self, group: _Group, key_lists: pa.ListArray, batch: int) -> pa.Table:
        count = len(group.facts)
        errors = {row: list(noted) for row, noted in group.errors.items()}

        def note(row: int, error: str) -> None:
            errors.setdefault(row, []).append(error)

        offsets, timestamps, timestamp_types, keys, value_sizes, shapes, sequences = zip(
            *group.facts, strict=True
        )
        topic_names, partitions, observed_ms, lengths = zip(*group.segments, strict=True)
        topics = np.repeat(np.array(topic_names, dtype=object), lengths)
        observed = np.repeat(np.array(observed_ms, dtype=np.int64), lengths)
        width = len(group.picks)
        picked = [group.picked[place::width] for place in range(width)]
        facts = read_headers(group.picks, picked, topics.tolist(), note)
        recorded = np.array(timestamps, dtype=np.int64)
        header_names = key_lists.take(pa.array(sequences, pa.int32()))
        header_values = self._header_values(group, header_names, note)
        plausible = (recorded >= _TIME_MS_MIN) & (recorded <= observed + _AHEAD_MS_MAX)
        for row in np.flatnonzero(~plausible):
            note(int(row), RecordError.TIME_IMPLAUSIBLE)
        appended = np.array(timestamp_types, dtype=np.int8) == 1
        values: dict[str, Any] = {
            "topic": pa.array(topics, pa.string()),
            "partition": np.repeat(np.array(partitions, dtype=np.uint32), lengths),
            "offset": np.array(offsets, dtype=np.uint64),
            "time": np.where(plausible, recorded, observed),
            "record_timestamp_ms": recorded,
            "timestamp_type": pc.if_else(pa.array(appended), "append", "create"),
            "observed_time": observed,
            "key": pa.array(keys, pa.binary()),
            "value_size_bytes": np.array(value_sizes, dtype=np.int64),
            "header_names": header_names,
            "header_values": header_values,
            "shape_id": np.array(shapes, dtype=np.uint64),
            "errors": _error_lists(errors, count),
            "batch": np.full(count, batch, dtype=np.uint64),
            **self._fact_columns(facts, topics),
        }
        return pa.table([_column(values[name.name], name.type) for name in arrow.EVENTS], schema=arrow.EVENTS)

    def _fact_columns(self, facts: HeaderFacts, topics: Any) -> dict[str, Any]:
        found = {name: _filled(column) for name, column in vars(facts).items()}
        if facts.service.null_count:
            declared = pa.array([self._producer_of(topic) for topic in topics], pa.string())
            found["service"] = _filled(pc.coalesce(facts.service, declared))
        return found

    def _header_values(self, group: _Group, header_names: pa.ListArray, note: Note) -> pa.ListArray:
        flat = pa.array(group.header_values, pa.binary())
        largest = pc.max(pc.binary_length(flat)).as_py() or 0
        limit = self._limits.header_value_bytes_max
        if largest > limit:
            lengths = pc.fill_null(pc.binary_length(flat), 0).to_numpy()
            rows = np.repeat(np.arange(len(header_names)), np.diff(header_names.offsets.to_numpy()))
            for place in np.flatnonzero(lengths > limit):
                note(int(rows[place]), RecordError.HEADER_VALUE_CUT)
            flat = pa.array(
                [None if value is None else value[:limit] for value in group.header_values], pa.binary()
            )
        return pa.ListArray.from_arrays(header_names.offsets, flat)


def _key_lists(sequences: Sequence[tuple[str, ...]]) -> pa.ListArray:
    return pa.array(
        [[key.encode("utf-8", "surrogateescape") for key in keys] for keys in sequences],
        pa.list_(pa.binary()),
    )


def _error_lists(errors: Mapping[int, list[str]], count: int) -> pa.ListArray:
    if not errors:
        return columns.empty_lists(count)
    return pa.array([errors.get(row, ()) for row in range(count)], pa.list_(pa.string()))


def _filled(column: pa.Array) -> pa.Array:
    return pc.fill_null(column, "") if pa.types.is_string(column.type) else column


def _column(values: Any, kind: pa.DataType) -> pa.Array:
    if isinstance(values, pa.Array | pa.ChunkedArray):
        return values
    if pa.types.is_timestamp(kind):
        return pa.array(values, pa.int64()).cast(kind)
    return pa.array(values, kind)
