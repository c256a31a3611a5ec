"""Makes aiokafka hand over every record, also those that it cannot decode.

aiokafka 0.14 decodes header keys as strict UTF-8 while it unpacks a fetch. One bad key raises there, and the
good records before it, and those of other partitions drained by the same call, are lost for good. A broken
batch takes the same way. Here unpacking never raises: a batch with a bad key is read again by our own reader,
which keeps the bytes (as lone surrogates, PEP 383), and a batch that stays broken becomes one `BrokenBatch`.

The records are aiokafka's own, without the topic and partition around them: the caller knows those, and the
wrapping costs as much as decoding our headers does.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from aiokafka.consumer import fetcher as aiokafka_fetcher
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords

# Not the compiled one: it does not look where the buffer ends, and damage would end the process.
from aiokafka.record.util import decode_varint_py as decode_varint

_BATCH_START: Final = struct.Struct(">qi")  # base offset, length of what follows
_READ_COMMITTED: Final = 1
_BROKEN_READS_MAX: Final = 3


@dataclass(frozen=True, slots=True)
class LenientRecord:
    """A record that aiokafka could not decode; the same fields as aiokafka's."""

    offset: int
    timestamp: int
    timestamp_type: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]


@dataclass(frozen=True, slots=True)
class BrokenBatch:
    """Stands in for records that cannot be read at all: offsets `offset` to `next_offset` - 1."""

    offset: int
    next_offset: int
    reason: str


class _FetchedBytes:
    """aiokafka's reader of a fetch, with the bytes kept for a second reading."""

    def __init__(self, fetched: bytes) -> None:
        self.fetched = fetched
        self._reader = MemoryRecords(fetched)
        self.has_next = self._reader.has_next
        self.next_batch = self._reader.next_batch
        self.size_in_bytes = self._reader.size_in_bytes


class _LenientPartitionRecords(aiokafka_fetcher.PartitionRecords):  # type: ignore[misc]  # aiokafka is untyped
    # How often the same batch has been found broken: what a network garbled is right when fetched again.
    _broken_reads: dict[tuple[Any, int], int] = {}  # noqa: RUF012 - shared on purpose: it outlives one fetch

    def __iter__(self) -> Iterator[Any]:
        return self._records_iterator or iter(())

    def _unpack_records(self) -> Iterator[Any]:
        while self._records.has_next():
            batch = self._records.next_batch()
            if self._check_crcs and not batch.validate_crc():
                if self._read_again(batch):
                    return
                yield self._broken(batch, "checksum does not match")
            elif self._is_aborted(batch) or batch.is_control_batch:
                pass
            else:
                try:
                    yield from self._unread(batch)
                except UnicodeDecodeError:
                    yield from self._read_leniently(batch)
                except Exception as error:  # every decompressor has errors of its own
                    if self._read_again(batch):
                        return
                    yield self._broken(batch, f"{type(error).__name__}: its structure is damaged")
            # Also past records that compaction has removed from the end of the batch.
            self.next_fetch_offset: int = max(self.next_fetch_offset, batch.next_offset)

    def _unread(self, records: Iterable[Any]) -> Iterator[Any]:
        for record in records:
            if record.offset >= self.next_fetch_offset:
                self.next_fetch_offset = record.offset + 1
                yield record

    def _read_leniently(self, batch: Any) -> Iterator[Any]:
        try:
            yield from self._unread(_lenient_records(self._bytes_of(batch)))
        except Exception as error:  # as above
            yield self._broken(batch, f"{type(error).__name__}: its structure is damaged")

    def _is_aborted(self, batch: Any) -> bool:
        if self._isolation_level != _READ_COMMITTED or batch.producer_id is None:
            return False
        self._consume_aborted_up_to(batch.base_offset)
        if batch.is_control_batch:
            if self._contains_abort_marker(batch):
                self._aborted_producers.discard(batch.producer_id)
            return False
        return bool(batch.is_transactional) and batch.producer_id in self._aborted_producers

    def _bytes_of(self, batch: Any) -> bytes:
        fetched, position = self._records.fetched, 0
        while True:
            base_offset, length = _BATCH_START.unpack_from(fetched, position)
            end = position + _BATCH_START.size + length
            if base_offset == batch.base_offset:
                return bytes(fetched[position:end])
            position = end

    def _read_again(self, batch: Any) -> bool:
        place = (self._tp, batch.base_offset)
        reads = self._broken_reads[place] = self._broken_reads.get(place, 0) + 1
        return reads < _BROKEN_READS_MAX

    def _broken(self, batch: Any, reason: str) -> BrokenBatch:
        self._broken_reads.pop((self._tp, batch.base_offset), None)
        return BrokenBatch(self.next_fetch_offset, batch.next_offset, reason)


def _lenient_records(batch_bytes: bytes) -> Iterator[LenientRecord]:
    """Read a batch in record format v2 (https://kafka.apache.org/documentation/#recordbatch)."""
    batch = _DefaultRecordBatchPy(batch_bytes)
    batch._maybe_uncompress()
    buffer, position = bytes(batch._buffer), batch._pos
    for _ in range(batch._num_records):
        length, position = decode_varint(buffer, position)
        if not 0 < length <= len(buffer) - position:
            raise ValueError("a record does not lie within its batch")
        yield _lenient_record(batch, buffer, position)
        position += length


def _lenient_record(batch: Any, buffer: bytes, position: int) -> LenientRecord:
    timestamp_delta, position = decode_varint(buffer, position + 1)  # the attributes byte says nothing yet
    offset_delta, position = decode_varint(buffer, position)
    key, position = _sized(buffer, position)
    value, position = _sized(buffer, position)
    count, position = decode_varint(buffer, position)
    headers = []
    for _ in range(count):
        header_key, position = _sized(buffer, position)
        header_value, position = _sized(buffer, position)
        headers.append(((header_key or b"").decode("utf-8", "surrogateescape"), header_value))
    appended = batch.timestamp_type == 1
    return LenientRecord(
        offset=batch.base_offset + offset_delta,
        timestamp=batch.max_timestamp if appended else batch.first_timestamp + timestamp_delta,
        timestamp_type=batch.timestamp_type,
        key=key,
        value=value,
        headers=headers,
    )


def _sized(buffer: bytes, position: int) -> tuple[bytes | None, int]:
    length, position = decode_varint(buffer, position)
    if length < 0:
        return None, position
    if position + length > len(buffer):
        raise ValueError("a length points past the end of the batch")
    return buffer[position : position + length], position + length


def install() -> None:
    """Let every consumer of this process unpack fetches in this way. May be called twice."""
    aiokafka_fetcher.MemoryRecords = _FetchedBytes
    aiokafka_fetcher.PartitionRecords = _LenientPartitionRecords
