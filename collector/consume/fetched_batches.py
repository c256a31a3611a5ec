"""Makes aiokafka hand over whole batches as bytes, so that no record is lost to a bad one, nor made into an object.

aiokafka 0.14 decodes header keys as strict UTF-8 while it unpacks a fetch. One bad key raises there, and the
good records before it, and those of other partitions drained by the same call, are lost for good. A broken
batch takes the same way. Here nothing is unpacked: checksums are verified, control and aborted batches left out,
and what is left is taken apart by a reader of ours (collector/decode/read_batches.py), by columns, which costs a
fraction of making objects. A batch whose checksum stays wrong becomes one `BrokenBatch`.
"""

from collections.abc import Iterator
from typing import Any, Final

from aiokafka.consumer import fetcher as aiokafka_fetcher
from aiokafka.record.memory_records import MemoryRecords

from collector.decode.raw_batches import MAGIC, MAGIC_AT, BrokenBatch, RawBatch, batch_end

_READ_COMMITTED: Final = 1
_BROKEN_READS_MAX: Final = 3


class _FetchedBytes:
    """aiokafka's reader of a fetch, with the bytes kept."""

    def __init__(self, fetched: bytes) -> None:
        self.fetched = fetched
        self._reader = MemoryRecords(fetched)
        self.has_next = self._reader.has_next
        self.next_batch = self._reader.next_batch
        self.size_in_bytes = self._reader.size_in_bytes


class _PartitionBatches(aiokafka_fetcher.PartitionRecords):  # type: ignore[misc]  # aiokafka is untyped
    # How often the same batch has been found broken: what a network garbled is right when fetched again.
    _broken_reads: dict[tuple[Any, int], int] = {}  # noqa: RUF012 - shared on purpose: it outlives one fetch

    def __iter__(self) -> Iterator[Any]:
        return self._records_iterator or iter(())

    def _unpack_records(self) -> Iterator[Any]:
        """Yield a RawBatch or a BrokenBatch each, and records of the format before v2 one by one."""
        fetched, position = self._records.fetched, 0
        while self._records.has_next():
            batch, start = self._records.next_batch(), position
            position = batch_end(fetched, start)
            first_offset = self.next_fetch_offset
            if self._check_crcs and not batch.validate_crc():
                if self._read_again(batch):
                    return
                self.next_fetch_offset: int = max(first_offset, batch.next_offset)
                yield self._broken(batch, first_offset)
            elif fetched[start + MAGIC_AT] < MAGIC:
                yield from self._old_records(batch)
            elif self._is_aborted(batch) or batch.is_control_batch:
                self.next_fetch_offset = max(first_offset, batch.next_offset)
            else:
                # Before it is handed over, as the position is asked for right after that. Also past records
                # that compaction has removed from the end of the batch.
                self.next_fetch_offset = max(first_offset, batch.next_offset)
                yield RawBatch(bytes(fetched[start:position]), first_offset)

    def _old_records(self, batch: Any) -> Iterator[Any]:
        try:
            for record in batch:
                if record.offset >= self.next_fetch_offset:
                    self.next_fetch_offset = record.offset + 1
                    yield record
        except Exception as error:  # every decompressor has errors of its own
            reason = f"{type(error).__name__}: its structure is damaged"
            yield BrokenBatch(self.next_fetch_offset, batch.next_offset, reason)
        self.next_fetch_offset = max(self.next_fetch_offset, batch.next_offset)

    def _is_aborted(self, batch: Any) -> bool:
        if self._isolation_level != _READ_COMMITTED or batch.producer_id is None:
            return False
        self._consume_aborted_up_to(batch.base_offset)
        if batch.is_control_batch:
            if self._contains_abort_marker(batch):
                self._aborted_producers.discard(batch.producer_id)
            return False
        return bool(batch.is_transactional) and batch.producer_id in self._aborted_producers

    def _read_again(self, batch: Any) -> bool:
        place = (self._tp, batch.base_offset)
        reads = self._broken_reads[place] = self._broken_reads.get(place, 0) + 1
        return reads < _BROKEN_READS_MAX

    def _broken(self, batch: Any, first_offset: int) -> BrokenBatch:
        self._broken_reads.pop((self._tp, batch.base_offset), None)
        return BrokenBatch(first_offset, batch.next_offset, "checksum does not match")


def install() -> None:
    """Let every consumer of this process hand over batches. May be called twice."""
    aiokafka_fetcher.MemoryRecords = _FetchedBytes
    aiokafka_fetcher.PartitionRecords = _PartitionBatches
