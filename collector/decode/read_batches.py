"""Raw batches to pieces: the hot path of the collector. No object is made per record but for its shape.

What is unusual of a record (a masked header, a CloudEvent in its payload, very many headers, damage) is left to
the reader of single records; both give the same rows, and a test holds them against each other.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from collector.decode.key_sequences import KeySequence, find_sequences
from collector.decode.locate import PADDING, Bytes, Flags, Places, locate, record_bounds
from collector.decode.pieces import Piece, Segment
from collector.decode.plan import Plan
from collector.decode.raw_batches import (
    BrokenBatch,
    LenientRecord,
    Opened,
    RawBatch,
    broken,
    open_batch,
    unpack,
)
from collector.decode.read_payload import PayloadReader

_CHUNK_BYTES = 4 * 2**20  # what the processor's caches hold, and enough to pay for working by columns
_BODY_BYTES_MAX = 2**31 - 2**16  # places are 32-bit numbers in Arrow

PlanOf = Callable[[tuple[str, ...]], Plan]


class Taken(NamedTuple):
    """A batch, where it came from, and when it was read (ms since 1970)."""

    topic: str
    partition: int
    observed_ms: int
    batch: RawBatch


@dataclass
class Read:
    """What came of some batches: pieces with the plan they were read by, single records, and what is broken."""

    pieces: list[tuple[Plan, tuple[str, ...], Piece]] = field(default_factory=list)
    singles: list[tuple[Taken, list[LenientRecord]]] = field(default_factory=list)
    broken: list[tuple[Taken, BrokenBatch]] = field(default_factory=list)


def read_batches(pile: Iterable[Taken], plan_of: PlanOf, read_payload: PayloadReader) -> Iterator[Read]:
    """Yield what the batches hold, some of them at a time. Never raises for what they hold."""
    chunk: list[tuple[Taken, Opened]] = []
    size = 0
    for taken in pile:
        try:
            opened = open_batch(taken.batch.content)
        except Exception as error:  # every decompressor has errors of its own
            yield Read(broken=[(taken, broken(taken.batch.first_offset, taken.batch.next_offset, error))])
            continue
        if size + len(opened.body) > _CHUNK_BYTES and chunk:
            yield _Chunk(chunk).read(plan_of, read_payload)
            chunk, size = [], 0
        chunk.append((taken, opened))
        size += len(opened.body)
    if chunk:
        yield _Chunk(chunk).read(plan_of, read_payload)


class _Chunk:
    """Batches that are read together, their records one row each."""

    def __init__(self, chunk: list[tuple[Taken, Opened]]) -> None:
        self._taken = [taken for taken, _ in chunk]
        self._opened = [opened for _, opened in chunk]
        self._read = Read()
        bounds, counts, bases, base = [], [], [], 0
        singly = []
        for number, opened in enumerate(self._opened):
            found = self._bounds(opened)
            if found is None:
                singly.append(number)
            counts.append(len(found) // 2 if found else 0)
            bounds.append(np.array(found or (), dtype=np.int64) + base)
            bases.append(base)
            base += len(opened.body)
        self._singly = singly
        self._body = b"".join([*(opened.body for opened in self._opened), PADDING])
        self._data: Bytes = np.frombuffer(self._body, dtype=np.uint8)
        self._buffer = pa.py_buffer(self._body)
        edges = np.concatenate(bounds)
        self._starts, ends = edges[::2], edges[1::2]
        self._batch_of = np.repeat(np.arange(len(chunk)), counts)
        self._parts = locate(self._data, self._starts, ends)
        self._offsets = self._of_batches("base_offset")[self._batch_of] + self._parts.offset_delta
        self._types = self._of_batches("timestamp_type").astype(np.int8)[self._batch_of]
        self._timestamps = np.where(
            self._types == 1,
            self._of_batches("max_timestamp")[self._batch_of],
            self._of_batches("first_timestamp")[self._batch_of] + self._parts.timestamp_delta,
        )

    @staticmethod
    def _bounds(opened: Opened) -> list[int] | None:
        if len(opened.body) > _BODY_BYTES_MAX:
            return None
        try:
            return list(record_bounds(opened))
        except (ValueError, IndexError):
            return None

    def _of_batches(self, name: str) -> Places:
        return np.array([getattr(opened, name) for opened in self._opened], dtype=np.int64)

    def read(self, plan_of: PlanOf, read_payload: PayloadReader) -> Read:
        """Read every record, the usual ones by columns."""
        unsound = np.unique(self._batch_of[~self._parts.sound])
        singly = np.union1d(unsound, np.array(self._singly, dtype=np.int64)).astype(np.int64)
        for number in singly.tolist():
            self._read_singly(number)
        first = np.array([taken.batch.first_offset for taken in self._taken], dtype=np.int64)
        wanted = self._offsets >= first[self._batch_of]
        if singly.size:
            wanted &= ~np.isin(self._batch_of, singly)
        sequences, others = find_sequences(self._data, self._parts, np.flatnonzero(wanted))
        for sequence in sequences:
            plan = plan_of(sequence.keys)
            if plan.is_unusual:
                others = np.concatenate([others, sequence.rows])
            else:
                payloads = self._payloads(sequence.rows, read_payload)
                others = np.concatenate([others, sequence.rows[payloads.cloudevents]])
                self._add_piece(plan, sequence, payloads)
        self._add_singles(np.sort(others))
        return self._read

    def _read_singly(self, number: int) -> None:
        taken = self._taken[number]
        records, hole = unpack(taken.batch, self._opened[number])
        self._read.singles.append((taken, records))
        if hole:
            self._read.broken.append((taken, hole))

    def _payloads(self, rows: Places, read_payload: PayloadReader) -> "_Payloads":
        sizes, at = self._parts.value_size[rows], self._parts.value_at[rows]
        found = _Payloads(np.zeros(len(rows), dtype=np.uint64), np.zeros(len(rows), dtype=np.bool_))
        legible = np.flatnonzero((sizes > 0) & read_payload.reads[self._data.take(at)])
        body, read = self._body, read_payload.read
        topics = [taken.topic for taken in self._taken]
        shapes: list[int] = []
        for row, batch, start, end in zip(
            legible.tolist(),
            self._batch_of[rows[legible]].tolist(),
            at[legible].tolist(),
            (at + sizes)[legible].tolist(),
            strict=True,
        ):
            shape, schema_id, is_cloudevent, error = read(topics[batch], body[start:end])
            shapes.append(shape)
            if schema_id:
                found.schema_ids[row] = schema_id
            if error:
                found.errors[row] = [error]
            if is_cloudevent:
                found.cloudevents[row] = True
        found.shapes[legible] = shapes
        return found

    def _add_piece(self, plan: Plan, sequence: KeySequence, payloads: "_Payloads") -> None:
        rows = sequence.rows
        if payloads.cloudevents.any():
            kept = ~payloads.cloudevents
            rows, payloads = rows[kept], payloads.only(kept)
        if not rows.size:
            return
        parts, width = self._parts, len(sequence.keys)
        value_at, value_size = parts.header_value_at[:width, rows], parts.header_value_size[:width, rows]
        piece = Piece(
            segments=self._segments(rows),
            offsets=self._offsets[rows],
            timestamps=self._timestamps[rows],
            timestamp_types=self._types[rows],
            keys=cut(self._buffer, parts.key_at[rows], parts.key_size[rows]),
            value_sizes=parts.value_size[rows],
            shapes=payloads.shapes,
            sequences=np.zeros(len(rows), dtype=np.int32),  # set by whoever numbers them
            picked=[cut(self._buffer, value_at[place], value_size[place]) for place in plan.positions],
            header_values=cut(self._buffer, value_at.T.ravel(), value_size.T.ravel()),
            schema_ids=payloads.schema_ids,
            errors=payloads.errors,
        )
        self._read.pieces.append((plan, sequence.keys, piece))

    def _segments(self, rows: Places) -> list[Segment]:
        counts = np.bincount(self._batch_of[rows], minlength=len(self._taken)).tolist()
        return [
            Segment(taken.topic, taken.partition, taken.observed_ms, count)
            for taken, count in zip(self._taken, counts, strict=True)
            if count
        ]

    def _add_singles(self, rows: Places) -> None:
        for number in np.unique(self._batch_of[rows]).tolist():
            records = [self._record(row) for row in rows[self._batch_of[rows] == number].tolist()]
            self._read.singles.append((self._taken[number], records))

    def _record(self, row: int) -> LenientRecord:
        parts = self._parts
        headers = []
        for place in range(int(parts.header_count[row])):
            key = self._bytes(parts.header_key_at[place, row], parts.header_key_size[place, row]) or b""
            value = self._bytes(parts.header_value_at[place, row], parts.header_value_size[place, row])
            headers.append((key.decode("utf-8", "surrogateescape"), value))
        return LenientRecord(
            offset=int(self._offsets[row]),
            timestamp=int(self._timestamps[row]),
            timestamp_type=int(self._types[row]),
            key=self._bytes(parts.key_at[row], parts.key_size[row]),
            value=self._bytes(parts.value_at[row], parts.value_size[row]),
            headers=headers,
        )

    def _bytes(self, at: np.int64, size: np.int64) -> bytes | None:
        return None if size < 0 else self._body[at : at + size]


@dataclass
class _Payloads:
    shapes: npt.NDArray[np.uint64]
    cloudevents: Flags
    schema_ids: dict[int, str] = field(default_factory=dict)
    errors: dict[int, list[str]] = field(default_factory=dict)

    def only(self, kept: Flags) -> "_Payloads":
        """Return the rows that are kept, numbered anew."""
        number = np.cumsum(kept) - 1
        return _Payloads(
            self.shapes[kept],
            self.cloudevents[kept],
            {int(number[row]): text for row, text in self.schema_ids.items() if kept[row]},
            {int(number[row]): noted for row, noted in self.errors.items() if kept[row]},
        )


def cut(buffer: pa.Buffer, at: Places, size: Places) -> pa.BinaryArray:
    """Return the values at these places of `buffer`, which must not run backwards; null where a size is -1.

    The buffer as a whole is made an array whose items are the values and the gaps between them, and every other
    item is taken: so the bytes are copied in C, once, and no object is made per value.
    """
    count = len(at)
    if not count:
        return pa.array([], pa.binary())
    edges = np.empty(2 * count, dtype=np.int32)
    edges[::2] = at
    edges[1::2] = at + np.maximum(size, 0)
    all_items = pa.Array.from_buffers(pa.binary(), 2 * count - 1, [None, pa.py_buffer(edges), buffer])
    values = all_items.take(pa.array(np.arange(0, 2 * count - 1, 2, dtype=np.int32)))
    absent = size < 0
    return pc.if_else(pa.array(absent), pa.scalar(None, pa.binary()), values) if absent.any() else values
