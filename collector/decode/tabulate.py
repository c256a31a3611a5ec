"""Gathered records to an Arrow table: everything here works on whole columns."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from collector.decode import columns
from collector.decode.columns import Note
from collector.decode.plan import Pick
from collector.decode.read_headers import HeaderFacts, read_headers
from collector.errors import RecordError
from schemas import arrow

_TIME_MS_MIN = 946_684_800_000  # 2000-01-01: before that a record time is a default or a mistake
_AHEAD_MS_MAX = 86_400_000

ProducerOf = Callable[[str], str | None]


@dataclass
class Gathered:
    """Records that are read by the same picks.

    `facts` has one tuple a record: offset, timestamp, timestamp type, key, value size, shape id, the index of
    its sequence of header keys, and the schema id in its payload. `picked` and `header_values` are flat.
    `segments` say from where runs of records came: topic, partition, when they were read (ms since 1970), how many.
    """

    picks: tuple[Pick, ...]
    facts: list[tuple[Any, ...]] = field(default_factory=list)
    picked: list[bytes | None] = field(default_factory=list)
    header_values: list[bytes | None] = field(default_factory=list)
    segments: list[tuple[str, int, int, int]] = field(default_factory=list)
    errors: dict[int, list[str]] = field(default_factory=dict)

    def note(self, row: int, error: str) -> None:
        """Remember what could not be understood of a record."""
        self.errors.setdefault(row, []).append(error)


def tabulate(
    gathered: Gathered,
    key_lists: pa.ListArray,
    batch: int,
    header_value_bytes_max: int,
    producer_of: ProducerOf,
) -> pa.Table:
    """Return the rows in the columns of schemas.arrow.EVENTS. `key_lists` holds the sequences of header keys."""
    errors = {row: list(noted) for row, noted in gathered.errors.items()}

    def note(row: int, error: str) -> None:
        errors.setdefault(row, []).append(error)

    count = len(gathered.facts)
    offsets, timestamps, timestamp_types, keys, value_sizes, shapes, sequences, schema_ids = zip(
        *gathered.facts, strict=True
    )
    topics, partitions, observed_ms = _places(gathered.segments)
    recorded_ms = np.array(timestamps, dtype=np.int64)
    header_names = key_lists.take(pa.array(sequences, pa.int32()))
    width = len(gathered.picks)
    picked = [gathered.picked[place::width] for place in range(width)]
    facts = read_headers(gathered.picks, picked, topics.tolist(), note)
    if any(schema_ids):
        facts.schema_id = pc.coalesce(facts.schema_id, columns.text([text.encode() for text in schema_ids]))
    values: dict[str, Any] = {
        **_fact_columns(facts, topics, producer_of),
        "topic": pa.array(topics, pa.string()),
        "partition": partitions,
        "offset": np.array(offsets, dtype=np.uint64),
        "time": _plausible_ms(recorded_ms, observed_ms, note),
        "record_timestamp_ms": recorded_ms,
        "timestamp_type": pc.if_else(
            pa.array(np.array(timestamp_types, dtype=np.int8) == 1), "append", "create"
        ),
        "observed_time": observed_ms,
        "key": pa.array(keys, pa.binary()),
        "value_size_bytes": np.array(value_sizes, dtype=np.int64),
        "header_names": header_names,
        "header_values": _header_values(gathered, header_names, header_value_bytes_max, note),
        "shape_id": np.array(shapes, dtype=np.uint64),
        "batch": np.full(count, batch, dtype=np.uint64),
    }
    values["errors"] = _error_lists(errors, count)
    return pa.table([_column(values[name.name], name.type) for name in arrow.EVENTS], schema=arrow.EVENTS)


def key_lists(sequences: Sequence[tuple[str, ...]]) -> pa.ListArray:
    """Return sequences of header keys as bytes, also of keys that were not UTF-8."""
    raw = [[key.encode("utf-8", "surrogateescape") for key in keys] for keys in sequences]
    return pa.array(raw, pa.list_(pa.binary()))


def _places(
    segments: Sequence[tuple[str, int, int, int]],
) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.uint32], npt.NDArray[np.int64]]:
    topics, partitions, observed_ms, lengths = zip(*segments, strict=True)
    return (
        np.repeat(np.array(topics, dtype=object), lengths),
        np.repeat(np.array(partitions, dtype=np.uint32), lengths),
        np.repeat(np.array(observed_ms, dtype=np.int64), lengths),
    )


def _plausible_ms(
    recorded_ms: npt.NDArray[np.int64], observed_ms: npt.NDArray[np.int64], note: Note
) -> npt.NDArray[np.int64]:
    plausible = (recorded_ms >= _TIME_MS_MIN) & (recorded_ms <= observed_ms + _AHEAD_MS_MAX)
    for row in np.flatnonzero(~plausible):
        note(int(row), RecordError.TIME_IMPLAUSIBLE)
    return np.where(plausible, recorded_ms, observed_ms)


def _fact_columns(
    facts: HeaderFacts, topics: npt.NDArray[np.object_], producer_of: ProducerOf
) -> dict[str, Any]:
    found = {name: _filled(column) for name, column in vars(facts).items()}
    if facts.service.null_count:
        declared = pa.array([producer_of(topic) for topic in topics], pa.string())
        found["service"] = _filled(pc.coalesce(facts.service, declared))
    return found


def _header_values(
    gathered: Gathered, header_names: pa.ListArray, bytes_max: int, note: Note
) -> pa.ListArray:
    flat = pa.array(gathered.header_values, pa.binary())
    if (pc.max(pc.binary_length(flat)).as_py() or 0) > bytes_max:
        sizes = pc.fill_null(pc.binary_length(flat), 0).to_numpy()
        rows = np.repeat(np.arange(len(header_names)), np.diff(header_names.offsets.to_numpy()))
        for place in np.flatnonzero(sizes > bytes_max):
            note(int(rows[place]), RecordError.HEADER_VALUE_CUT)
        flat = pa.array(
            [None if value is None else value[:bytes_max] for value in gathered.header_values], pa.binary()
        )
    return pa.ListArray.from_arrays(header_names.offsets, flat)


def _error_lists(errors: Mapping[int, list[str]], count: int) -> pa.ListArray:
    if not errors:
        return columns.empty_lists(count)
    return pa.array([errors.get(row, ()) for row in range(count)], pa.list_(pa.string()))


def _filled(column: Any) -> Any:
    return pc.fill_null(column, "") if isinstance(column, pa.StringArray) else column


def _column(values: Any, kind: pa.DataType) -> pa.Array:
    if isinstance(values, pa.Array | pa.ChunkedArray):
        return values
    if pa.types.is_timestamp(kind):
        return pa.array(values, pa.int64()).cast(kind)
    return pa.array(values, kind)
