"""Gathered records to an Arrow table: everything here works on whole columns."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from collector.decode import columns
from collector.decode.columns import Note
from collector.decode.pieces import Piece, Segment, joined
from collector.decode.plan import Pick
from collector.decode.read_headers import HeaderFacts, read_headers
from collector.errors import RecordError
from schemas import arrow

_TIME_MS_MIN = 946_684_800_000  # 2000-01-01: before that a record time is a default or a mistake
_AHEAD_MS_MAX = 86_400_000

ProducerOf = Callable[[str], str | None]


def tabulate(
    picks: Sequence[Pick],
    pieces: Sequence[Piece],
    key_lists: pa.ListArray,
    batch: int,
    header_value_bytes_max: int,
    producer_of: ProducerOf,
) -> pa.Table:
    """Return the rows in the columns of schemas.arrow.EVENTS. `key_lists` holds the sequences of header keys."""
    piece = joined(pieces)
    errors = {row: list(noted) for row, noted in piece.errors.items()}

    def note(row: int, error: str) -> None:
        errors.setdefault(row, []).append(error)

    count = piece.count
    topics, partitions, observed_ms = _places(piece.segments)
    header_names = key_lists.take(pa.array(piece.sequences))
    facts = read_headers(picks, piece.picked, topics, note)
    if piece.schema_ids:
        inside = [piece.schema_ids.get(row) for row in range(count)]
        facts.schema_id = pc.coalesce(facts.schema_id, pa.array(inside, pa.string()))
    values: dict[str, Any] = {
        **_fact_columns(facts, topics, producer_of),
        "topic": topics.cast(pa.string()),
        "partition": partitions,
        "offset": piece.offsets.astype(np.uint64),
        "time": _plausible_ms(piece.timestamps, observed_ms, note),
        "record_timestamp_ms": piece.timestamps,
        "timestamp_type": pc.if_else(pa.array(piece.timestamp_types == 1), "append", "create"),
        "observed_time": observed_ms,
        "key": piece.keys,
        "value_size_bytes": piece.value_sizes,
        "header_names": header_names,
        "header_values": _header_values(piece.header_values, header_names, header_value_bytes_max, note),
        "shape_id": piece.shapes,
        "batch": np.full(count, batch, dtype=np.uint64),
    }
    values["errors"] = _error_lists(errors, count)
    return pa.table([_column(values[name.name], name.type) for name in arrow.EVENTS], schema=arrow.EVENTS)


def key_lists(sequences: Sequence[tuple[str, ...]]) -> pa.ListArray:
    """Return sequences of header keys as bytes, also of keys that were not UTF-8."""
    raw = [[key.encode("utf-8", "surrogateescape") for key in keys] for keys in sequences]
    return pa.array(raw, pa.list_(pa.binary()))


def _places(
    segments: Sequence[Segment],
) -> tuple[pa.DictionaryArray, npt.NDArray[np.uint32], npt.NDArray[np.int64]]:
    topics, partitions, observed_ms, lengths = zip(*segments, strict=True)
    encoded = pa.array(topics, pa.string()).dictionary_encode()
    return (
        pa.DictionaryArray.from_arrays(np.repeat(encoded.indices.to_numpy(), lengths), encoded.dictionary),
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


def _fact_columns(facts: HeaderFacts, topics: pa.DictionaryArray, producer_of: ProducerOf) -> dict[str, Any]:
    found = {name: _filled(column) for name, column in vars(facts).items()}
    if facts.service.null_count:
        producers = pa.array([producer_of(topic) for topic in topics.dictionary.to_pylist()], pa.string())
        found["service"] = _filled(pc.coalesce(facts.service, producers.take(topics.indices)))
    return found


def _header_values(
    flat: pa.BinaryArray, header_names: pa.ListArray, bytes_max: int, note: Note
) -> pa.ListArray:
    if (pc.max(pc.binary_length(flat)).as_py() or 0) > bytes_max:
        sizes = pc.fill_null(pc.binary_length(flat), 0).to_numpy()
        rows = np.repeat(np.arange(len(header_names)), np.diff(header_names.offsets.to_numpy()))
        for place in np.flatnonzero(sizes > bytes_max):
            note(int(rows[place]), RecordError.HEADER_VALUE_CUT)
        flat = pc.binary_slice(flat, 0, bytes_max)
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
