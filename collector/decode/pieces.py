"""Records on their way to a table: many at once, a column each, or one by one in lists."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from collector.decode.plan import Pick

Ints = npt.NDArray[np.int64]


class Segment(NamedTuple):
    """From where a run of records came, when it was read (ms since 1970), and how many it is."""

    topic: str
    partition: int
    observed_ms: int
    records: int


@dataclass(frozen=True)
class Piece:
    """Records that are read by the same picks, one row a record, in the order of `segments`.

    `sequences` are indexes of their sequences of header keys, `picked` has one column a pick, `header_values` is
    flat. `schema_ids` and `errors` hold what few records have, by row.
    """

    segments: Sequence[Segment]
    offsets: Ints
    timestamps: Ints
    timestamp_types: npt.NDArray[np.int8]
    keys: pa.BinaryArray
    value_sizes: Ints
    shapes: npt.NDArray[np.uint64]
    sequences: npt.NDArray[np.int32]
    picked: Sequence[pa.BinaryArray]
    header_values: pa.BinaryArray
    schema_ids: Mapping[int, str]
    errors: Mapping[int, Sequence[str]]

    @property
    def count(self) -> int:
        """How many records it holds."""
        return len(self.offsets)


@dataclass
class Loose:
    """Records with the same picks that were read one by one.

    `facts` has one tuple a record: offset, timestamp, timestamp type, key, value size, shape id, and the index of
    its sequence of header keys. `picked` and `header_values` are flat.
    """

    picks: tuple[Pick, ...]
    facts: list[tuple[Any, ...]] = field(default_factory=list)
    picked: list[bytes | None] = field(default_factory=list)
    header_values: list[bytes | None] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)
    schema_ids: dict[int, str] = field(default_factory=dict)
    errors: dict[int, list[str]] = field(default_factory=dict)

    def note(self, row: int, error: str) -> None:
        """Remember what could not be understood of a record."""
        self.errors.setdefault(row, []).append(error)

    def piece(self) -> Piece:
        """Return the records by columns."""
        offsets, timestamps, types, keys, sizes, shapes, sequences = zip(*self.facts, strict=True)
        width = len(self.picks)
        return Piece(
            segments=self.segments,
            offsets=np.array(offsets, dtype=np.int64),
            timestamps=np.array(timestamps, dtype=np.int64),
            timestamp_types=np.array(types, dtype=np.int8),
            keys=pa.array(keys, pa.binary()),
            value_sizes=np.array(sizes, dtype=np.int64),
            shapes=np.array(shapes, dtype=np.uint64),
            sequences=np.array(sequences, dtype=np.int32),
            picked=[pa.array(self.picked[place::width], pa.binary()) for place in range(width)],
            header_values=pa.array(self.header_values, pa.binary()),
            schema_ids=self.schema_ids,
            errors=self.errors,
        )


def joined(pieces: Sequence[Piece]) -> Piece:
    """Return several pieces with the same picks as one."""
    if len(pieces) == 1:
        return pieces[0]
    schema_ids: dict[int, str] = {}
    errors: dict[int, Sequence[str]] = {}
    before = 0
    for piece in pieces:
        schema_ids |= {row + before: text for row, text in piece.schema_ids.items()}
        errors |= {row + before: noted for row, noted in piece.errors.items()}
        before += piece.count
    return Piece(
        segments=[segment for piece in pieces for segment in piece.segments],
        offsets=np.concatenate([piece.offsets for piece in pieces]),
        timestamps=np.concatenate([piece.timestamps for piece in pieces]),
        timestamp_types=np.concatenate([piece.timestamp_types for piece in pieces]),
        keys=pa.concat_arrays([piece.keys for piece in pieces]),
        value_sizes=np.concatenate([piece.value_sizes for piece in pieces]),
        shapes=np.concatenate([piece.shapes for piece in pieces]),
        sequences=np.concatenate([piece.sequences for piece in pieces]),
        picked=[
            pa.concat_arrays(columns) for columns in zip(*(piece.picked for piece in pieces), strict=True)
        ],
        header_values=pa.concat_arrays([piece.header_values for piece in pieces]),
        schema_ids=schema_ids,
        errors=errors,
    )
