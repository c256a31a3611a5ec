"""consume → decode → batch → write → link → commit."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache, partial
from itertools import chain, repeat
from re import compile as compile_pattern
from typing import TypeVar

import structlog
from aiokafka import TopicPartition

from collector.batch import Batch, batch_number
from collector.consume.keep_topics import TopicKeeper
from collector.consume.reader import Fetched, TopicReader
from collector.decode.conventions.yours import with_yours
from collector.decode.plan import Planner
from collector.decode.raw_batches import BrokenBatch, RawBatch
from collector.decode.read_records import Limits, RecordColumns
from collector.decode.shape import ShapeReader
from collector.errors import StoreUnavailableError
from collector.settings import Settings
from collector.write import BatchWriter, Written

log = structlog.get_logger()

_READ_BATCHES_MAX = 500
_READ_TIMEOUT_MS = 200
_TOPICS_EVERY_MS = 2_000
_RETRY_S = (0.2, 0.5, 1.0, 2.0, 5.0)
_DRAIN_S_MAX = 5.0

_UNLINKED_ROWS_MAX = 400_000
_LINK_WRITES = 4  # full ones are linked together: one lookup for many names costs little more than for few
_WRITES_MAX = 2  # one is on its way to the store, one is made ready for it

ClockMs = Callable[[], int]
Offsets = Mapping[TopicPartition, int]
Result = TypeVar("Result")


def wall_clock_ms() -> int:
    """Return the time in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


@dataclass
class Progress:
    """What a collector has done so far; the status rows and the summary are read off it."""

    started_ms: int
    first_read_ms: int | None = None
    records: int = 0
    bytes: int = 0
    errors: int = 0
    batches: int = 0
    write_s: float = 0.0
    link_s: float = 0.0
    flush_ms: float = 0.0
    link_ms: float = 0.0
    state: str = "running"
    committed: dict[TopicPartition, int] = field(default_factory=dict)

    def count(self, written: Written) -> None:
        """Add one write; one without rows only moves offsets and says nothing of how long writes take."""
        self.errors += written.errors
        if not written.rows:
            return
        self.records += written.rows
        self.bytes += written.payload_bytes
        self.batches += 1
        self.flush_ms = written.elapsed_ms
        self.write_s += written.elapsed_ms / 1e3

    def count_link(self, elapsed_ms: float) -> None:
        """Add one pass of linking."""
        self.link_ms = elapsed_ms
        self.link_s += elapsed_ms / 1e3


class Pipeline:
    """Moves records from the reader to the store. While one batch fills, one is written and those before are linked."""

    def __init__(
        self,
        settings: Settings,
        reader: TopicReader,
        writer: BatchWriter,
        shapes: ShapeReader,
        now_ms: ClockMs,
        topics: TopicKeeper,
    ) -> None:
        self._settings = settings
        self._reader = reader
        self._topics = topics
        self._topics_looked_ms = 0
        self._writer = writer
        self._shapes = shapes if settings.shapes else None
        self._planner = Planner(compile_pattern(settings.redact_headers), with_yours(settings.headers))
        self._limits = Limits(settings.headers_max, settings.header_value_bytes_max)
        self._producer_of = lru_cache(maxsize=10_000)(settings.producer_of)
        self._now_ms = now_ms
        self._columns = self._new_columns()
        self._filling_since_ms: int | None = None
        self._writes: deque[asyncio.Task[None]] = deque()
        self._unlinked: dict[int, int] = {}  # rows by batch number
        self._more_comes = False  # the last write was full: the next one is not far
        self._written_to: Offsets = {}
        self._committed_to: Offsets = {}
        self._linking: asyncio.Task[None] | None = None
        self._ends: dict[TopicPartition, int] = {}
        self.stopping = asyncio.Event()
        self.progress = Progress(started_ms=now_ms())

    def _new_columns(self) -> RecordColumns:
        return RecordColumns(self._planner, self._shapes, self._limits, self._producer_of)

    async def run(self, *, once: bool) -> None:
        """Read until `stopping` is set or, with `once`, to the end that each partition has when it is first read."""
        while not self.stopping.is_set() and not (once and self._at_the_end()):
            await self._look_at_topics()
            self._take(await self._reader.read(_READ_TIMEOUT_MS, _READ_BATCHES_MAX))
            if self._is_due():
                await self._write_when_free()
        if once and not self.stopping.is_set():
            await self._finish()
        else:
            await self.drain()

    async def _look_at_topics(self) -> None:
        """Every two seconds: has a topic been made anew? Then its old rows are moved before it is read on."""
        now_ms, topics = self._now_ms(), self._topics
        if self._topics_looked_ms > now_ms - _TOPICS_EVERY_MS:
            return
        self._topics_looked_ms = now_ms
        ids, now = await self._reader.topic_ids(), datetime.fromtimestamp(now_ms / 1e3, UTC)
        changed = await self._until_done(lambda: topics.changed(ids, now))
        if changed:
            self._reader.pause()
            await self._finish()
            await self._until_done(lambda: topics.settle(changed, now))
            await self._reader.read_again(changed)
            self._reader.resume()

    def _take(self, fetched: Fetched) -> None:
        now_ms = self._now_ms()
        if fetched and self.progress.first_read_ms is None:
            self.progress.first_read_ms = now_ms
        columns = self._columns
        for place, items in fetched.items():
            for item in items:
                if isinstance(item, RawBatch):
                    columns.add_batch(place.topic, place.partition, item, now_ms)
                elif isinstance(item, BrokenBatch):
                    columns.broken.append((place.topic, place.partition, item))
                else:
                    columns.add(place.topic, place.partition, [item], now_ms)
        if fetched and self._filling_since_ms is None:
            self._filling_since_ms = now_ms

    def _is_full(self) -> bool:
        return (
            self._columns.count >= self._settings.batch_rows_max
            or self._columns.size_bytes >= self._settings.batch_bytes_max
        )

    def _is_due(self) -> bool:
        if self._filling_since_ms is None:
            return self._has_moved()
        waited_ms = self._now_ms() - self._filling_since_ms
        return self._is_full() or waited_ms >= self._settings.batch_age_ms_max

    def _has_moved(self) -> bool:
        """Tell whether positions passed control or aborted records, which leave nothing to write."""
        committed = self.progress.committed
        return any(committed.get(place) != offset for place, offset in self._reader.positions().items())

    async def _write_when_free(self) -> None:
        """Hand over what is read; while writes are under way, read on until the batch is full, then wait for one."""
        self._raise_failures()
        if self._writes and not self._is_full():
            return
        if len(self._writes) >= _WRITES_MAX:
            await self._hold_back(self._writes[0])
        if not self.stopping.is_set():
            self._cut(more_comes=self._is_full())

    def _raise_failures(self) -> None:
        """Let what went wrong in the background end the run: a store that refuses has to be looked at."""
        while self._writes and self._writes[0].done():
            self._writes.popleft().result()
        if self._linking is not None and self._linking.done():
            self._linking.result()

    async def _hold_back(self, write: asyncio.Task[None]) -> None:
        """Fetch nothing more until this write is done: memory stays bounded, the group membership stays."""
        self._reader.pause()
        try:
            while not write.done() and not self.stopping.is_set():
                await asyncio.wait({write}, timeout=1.0)
        finally:
            self._reader.resume()

    def _cut(self, *, more_comes: bool = False) -> None:
        """Let what has been read so far be written, behind the writes before it.

        Nothing is awaited in here: rows and the offsets behind them change hands together or not at all.
        """
        before = self._writes[-1] if self._writes else None
        write = self._write(self._columns, self._reader.positions(), before, more_comes=more_comes)
        self._writes.append(asyncio.create_task(write))
        self._columns, self._filling_since_ms = self._new_columns(), None

    async def _write(
        self,
        columns: RecordColumns,
        offsets: Offsets,
        before: asyncio.Task[None] | None,
        *,
        more_comes: bool,
    ) -> None:
        number = batch_number(self._now_ms())
        events = await asyncio.to_thread(columns.table, number)
        broken = columns.broken
        columns.clear()
        if before is not None:
            await before
        events = await asyncio.to_thread(self._writer.hold, events)
        batch = Batch(number, events, broken)
        written = await self._until_done(lambda: self._writer.write(batch, self._now_ms()))
        self.progress.count(written)
        if written.rows:
            self._unlinked[number] = written.rows
        self._written_to, self._more_comes = offsets, more_comes
        if self._linking is None or self._linking.done():
            self._linking = asyncio.create_task(self._link_and_commit())
        elif sum(self._unlinked.values()) > _UNLINKED_ROWS_MAX:
            await asyncio.wait({self._linking})

    async def _link_and_commit(self) -> None:
        """Link what is written, then commit it, until nothing is due: writes meanwhile are linked as one."""
        while self._is_link_due():
            numbers, offsets = list(self._unlinked), self._written_to
            if numbers:
                link = partial(self._writer.link, numbers)
                self.progress.count_link(await self._until_done(link))
            for number in numbers:
                del self._unlinked[number]
            self._committed_to = offsets
            if await self._reader.commit(offsets):
                self.progress.committed = dict(offsets)

    def _is_link_due(self) -> bool:
        if self._more_comes and len(self._unlinked) < _LINK_WRITES:
            return False
        return bool(self._unlinked) or self._written_to != self._committed_to

    async def _until_done(self, do: Callable[[], Result]) -> Result:
        """Do it in a thread; while the store is away, again and again with pauses between."""
        for pause_s in chain(_RETRY_S, repeat(_RETRY_S[-1])):
            try:
                done = await asyncio.to_thread(do)
            except StoreUnavailableError as error:
                if self.progress.state != "store away":
                    log.warning("the store is away; reading is held back until it answers", reason=str(error))
                self.progress.state = "store away"
                await asyncio.sleep(pause_s)
            else:
                if self.progress.state == "store away":
                    log.info("the store answers again")
                    self.progress.state = "running"
                return done
        raise AssertionError("repeat() does not end")

    async def _finish(self) -> None:
        """Write, link and commit what has been read, however long it takes."""
        self._cut()
        await asyncio.shield(self._writes[-1])
        if self._linking is not None:
            await asyncio.shield(self._linking)

    async def drain(self) -> None:
        """Write and commit what has been read. Gives up after a while: what is not committed is read again."""
        try:
            async with asyncio.timeout(_DRAIN_S_MAX):
                await self._finish()
        except TimeoutError:
            log.warning("the store did not take the last records in time; they will be read again")

    def _at_the_end(self) -> bool:
        positions = self._reader.positions()
        assigned = self._reader.assignment()
        for place in assigned - self._ends.keys():
            end = self._reader.end_offset(place)
            if end is not None:
                self._ends[place] = end
        if not assigned:
            # Where other members have all partitions, none may ever come.
            waited_ms = self._now_ms() - self.progress.started_ms
            return self._reader.nothing_to_read or waited_ms > 3 * self._settings.session_timeout_ms
        return all(
            place in self._ends and positions.get(place, -1) >= self._ends[place] for place in assigned
        )

    @property
    def buffered(self) -> tuple[int, int]:
        """Records and bytes that are read and not yet on their way to the store."""
        return self._columns.count, self._columns.size_bytes
