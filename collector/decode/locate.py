"""Where the parts of many records lie in one buffer: every step is done for all records at once.

Records of Kafka are read from front to back, as each part says how long it is. Done record by record that is most
of what reading costs; here all records take each step together, by whole columns. Nothing is trusted: a record
whose parts do not end where it ends is not `sound`, and is left to the reader of single records.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from collector.decode.raw_batches import DamagedBatchError, Opened, read_number

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
HEADERS_MAX = 40  # records with more are read one by one
PADDING = bytes(16)
"""To be put behind the buffer, so that looking at the next few bytes is always allowed."""


@dataclass
class Parts:
    """One row a record, or [header, record]. A size of -1 is null; sizes and places of absent headers are 0."""

    timestamp_delta: Places
    offset_delta: Places
    key_at: Places
    key_size: Places
    value_at: Places
    value_size: Places
    header_count: Places
    header_key_at: Places
    header_key_size: Places
    header_value_at: Places
    header_value_size: Places
    sound: Flags


def record_bounds(batch: Opened) -> Iterator[int]:
    """Yield start and end of each record of a batch. Raises DamagedBatchError and IndexError for damage."""
    body, position, size = batch.body, batch.start, len(batch.body)
    for _ in range(batch.count):
        # One or two bytes hold the size of nearly every record: worked out here rather than by a call each.
        low = body[position]
        if low < 0x80:
            length, position = (low >> 1) ^ -(low & 1), position + 1
        elif body[position + 1] < 0x80:
            number = (low & 0x7F) | body[position + 1] << 7
            length, position = (number >> 1) ^ -(number & 1), position + 2
        else:
            length, position = read_number(body, position)
        if not 0 < length <= size - position:
            raise DamagedBatchError("a record does not lie within its batch")
        yield position
        position += length
        yield position


def locate(data: Bytes, starts: Places, ends: Places) -> Parts:
    """Return the parts of the records that lie from `starts` to `ends`. `data` ends with PADDING."""
    walk = _Walk(data, starts + 1, ends)  # behind the attributes byte, which says nothing yet
    timestamp_delta, offset_delta = walk.number(), walk.number()
    key_at, key_size = walk.sized()
    value_at, value_size = walk.sized()
    header_count = walk.number()
    walk.sound &= (
        (offset_delta >= 0) & (offset_delta < 2**31) & (header_count >= 0) & (header_count <= HEADERS_MAX)
    )
    header_count = np.where(walk.sound, header_count, 0)
    headers = _headers(walk, header_count)
    return Parts(
        timestamp_delta,
        offset_delta,
        key_at,
        key_size,
        value_at,
        value_size,
        header_count,
        *headers,
        sound=walk.sound & (walk.at == ends),
    )


def _headers(walk: "_Walk", counts: Places) -> tuple[Places, Places, Places, Places]:
    width = int(counts.max(initial=0))
    key_at, key_size, value_at, value_size = np.zeros((4, width, len(counts)), dtype=np.int64)
    for place in range(width):
        rows = counts > place
        if rows.all():
            key_at[place], key_size[place] = walk.sized(nullable=False)
            value_at[place], value_size[place] = walk.sized()
        else:
            some = np.flatnonzero(rows)
            part = _Walk(walk.data, walk.at[some], walk.ends[some])
            key_at[place, some], key_size[place, some] = part.sized(nullable=False)
            value_at[place, some], value_size[place, some] = part.sized()
            walk.at[some] = part.at
            walk.sound[some] &= part.sound
    return key_at, key_size, value_at, value_size


class _Walk:
    """All records, each at the place that it is read up to."""

    def __init__(self, data: Bytes, at: Places, ends: Places) -> None:
        self.data = data
        self.at = np.minimum(at, ends)
        self.ends = ends
        self.sound = np.ones(len(at), dtype=np.bool_)

    def number(self) -> Places:
        """Read a number written as zigzag base 128."""
        low = self.data.take(self.at)
        found = (low & 0x7F).astype(np.uint64)
        self.at = self.at + 1
        rows, shift = np.flatnonzero(low > 0x7F), 7
        while rows.size and shift < 70:
            byte = self.data.take(np.minimum(self.at[rows], self.ends[rows]))
            found[rows] |= (byte & 0x7F).astype(np.uint64) << np.uint64(shift)
            self.at[rows] += 1
            rows, shift = rows[byte > 0x7F], shift + 7
        self.sound[rows] = False  # it does not end
        self.sound &= self.at <= self.ends
        np.minimum(self.at, self.ends, out=self.at)
        signs = -(found & np.uint64(1)).astype(np.int64)
        halves: Places = (found >> np.uint64(1)).astype(np.int64)
        return halves ^ signs

    def sized(self, *, nullable: bool = True) -> tuple[Places, Places]:
        """Read a size and pass what is so long; return where that is, and its size, -1 for null."""
        size = self.number()
        at = self.at
        fits = size <= self.ends - at
        if not nullable:
            fits &= size >= 0
        self.sound &= fits
        size = np.where(fits, np.maximum(size, -1), 0)
        self.at = at + np.maximum(size, 0)
        return at, size
