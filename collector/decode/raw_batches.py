"""Kafka's record batches as they come over the wire (format v2), and their records one by one.

https://kafka.apache.org/documentation/#recordbatch. What many records have in common is read by whole columns
(read_batches.py); this reader takes any single record, also one whose header keys are not UTF-8.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct

from aiokafka.codec import gzip_decode, lz4_decode, snappy_decode, zstd_decode

_HEADER = Struct(">qiibIhiqqqhii")
_CODECS = {1: gzip_decode, 2: snappy_decode, 3: lz4_decode, 4: zstd_decode}
_CODEC_MASK, _LOG_APPEND_TIME = 0x07, 0x08
_NUMBER_BYTES_MAX = 10
_OFFSET_MAX, _OFFSET_DELTA_MAX = 2**62, 2**31 - 1
_LENGTH_ENDS_AT = 12
HEADER_BYTES = _HEADER.size
MAGIC = 2
MAGIC_AT = 16


class DamagedBatchError(ValueError):
    """A batch does not hold what its format promises."""


@dataclass(frozen=True, slots=True)
class LenientRecord:
    """A record of ours; the same fields as the client library's. Keys that are not UTF-8 carry lone surrogates."""

    offset: int
    timestamp: int
    timestamp_type: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]


@dataclass(frozen=True, slots=True)
class RawBatch:
    """A batch as bytes, checksum already verified. Records before `first_offset` have been read earlier."""

    content: bytes
    first_offset: int

    @property
    def base_offset(self) -> int:
        """The offset that the batch counts from."""
        return int.from_bytes(self.content[:8], "big", signed=True)

    @property
    def next_offset(self) -> int:
        """The offset behind its last record, also where that one has been compacted away."""
        return self.base_offset + int.from_bytes(self.content[23:27], "big", signed=True) + 1

    @property
    def count(self) -> int:
        """How many records it says that it holds."""
        return int.from_bytes(self.content[57:61], "big", signed=True)


@dataclass(frozen=True, slots=True)
class Opened:
    """A batch without its compression: records start at `start` of `body`."""

    body: bytes
    start: int
    count: int
    base_offset: int
    next_offset: int
    first_timestamp: int
    max_timestamp: int
    timestamp_type: int


@dataclass(frozen=True, slots=True)
class BrokenBatch:
    """Stands in for records that cannot be read at all: offsets `offset` to `next_offset` - 1."""

    offset: int
    next_offset: int
    reason: str


def batch_end(fetched: bytes, start: int) -> int:
    """Return where the batch that starts at `start` of a fetch ends."""
    return (
        start
        + _LENGTH_ENDS_AT
        + int.from_bytes(fetched[start + 8 : start + _LENGTH_ENDS_AT], "big", signed=True)
    )


def open_batch(content: bytes) -> Opened:
    """Take header and compression off. Raises whatever a decompressor raises, and DamagedBatchError."""
    if len(content) < HEADER_BYTES:
        raise DamagedBatchError("a batch is shorter than its header")
    base, _, _, _, _, attributes, last_delta, first_ms, max_ms, _, _, _, count = _HEADER.unpack_from(content)
    if not 0 <= base <= _OFFSET_MAX:
        raise DamagedBatchError("an offset is impossible")
    codec = attributes & _CODEC_MASK
    if codec and codec not in _CODECS:
        raise DamagedBatchError("its compression is not known")
    body = _CODECS[codec](content[HEADER_BYTES:]) if codec else content
    return Opened(
        body=bytes(body),
        start=0 if codec else HEADER_BYTES,
        count=count,
        base_offset=base,
        next_offset=base + last_delta + 1,
        first_timestamp=first_ms,
        max_timestamp=max_ms,
        timestamp_type=int(bool(attributes & _LOG_APPEND_TIME)),
    )


def unpack(batch: RawBatch, opened: Opened | None = None) -> tuple[list[LenientRecord], BrokenBatch | None]:
    """Return the records of a batch and, where it is damaged, what stands in for the rest."""
    records: list[LenientRecord] = []
    try:
        for record in read_records(opened or open_batch(batch.content), batch.first_offset):
            records.append(record)
    except Exception as error:  # every decompressor has errors of its own
        offset = records[-1].offset + 1 if records else batch.first_offset
        return records, broken(offset, batch.next_offset, error)
    return records, None


def broken(offset: int, next_offset: int, error: Exception) -> BrokenBatch:
    """Return what stands in for these offsets, with the reason."""
    return BrokenBatch(offset, next_offset, f"{type(error).__name__}: its structure is damaged")


def read_records(batch: Opened, first_offset: int) -> Iterator[LenientRecord]:
    """Yield the records from `first_offset` on. Raises DamagedBatchError and IndexError for damage."""
    buffer, position = batch.body, batch.start
    for _ in range(batch.count):
        length, position = read_number(buffer, position)
        if not 0 < length <= len(buffer) - position:
            raise DamagedBatchError("a record does not lie within its batch")
        record = _read_record(batch, buffer, position, position + length)
        position += length
        if record.offset >= first_offset:
            yield record


def _read_record(batch: Opened, buffer: bytes, position: int, end: int) -> LenientRecord:
    timestamp_delta, position = read_number(buffer, position + 1)  # the attributes byte says nothing yet
    offset_delta, position = read_number(buffer, position)
    if not 0 <= offset_delta <= _OFFSET_DELTA_MAX:
        raise DamagedBatchError("an offset is impossible")
    key, position = _sized(buffer, position, end)
    value, position = _sized(buffer, position, end)
    count, position = read_number(buffer, position)
    headers = []
    for _ in range(count):
        header_key, position = _sized(buffer, position, end)
        header_value, position = _sized(buffer, position, end)
        headers.append(((header_key or b"").decode("utf-8", "surrogateescape"), header_value))
    if count < 0 or position != end:
        raise DamagedBatchError("a record is not as long as it says")
    appended = batch.timestamp_type == 1
    return LenientRecord(
        offset=batch.base_offset + offset_delta,
        timestamp=batch.max_timestamp if appended else _as_int64(batch.first_timestamp + timestamp_delta),
        timestamp_type=batch.timestamp_type,
        key=key,
        value=value,
        headers=headers,
    )


def _sized(buffer: bytes, position: int, end: int) -> tuple[bytes | None, int]:
    length, position = read_number(buffer, position)
    if length < 0:
        return None, position
    if position + length > end:
        raise DamagedBatchError("a length points past the end of the record")
    return buffer[position : position + length], position + length


def read_number(buffer: bytes, position: int) -> tuple[int, int]:
    """Return a number written as zigzag base 128, and the position behind it.

    Not by the client library's compiled reader: that one does not look where the buffer ends.
    """
    number = shift = 0
    for place in range(position, position + _NUMBER_BYTES_MAX):
        byte = buffer[place]
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            number &= 2**64 - 1
            return (number >> 1) ^ -(number & 1), place + 1
        shift += 7
    raise DamagedBatchError("a number does not end")


def _as_int64(number: int) -> int:
    return (number + 2**63) % 2**64 - 2**63
