"""Reads all topics of a cluster as a member of a consumer group; the pipeline decides what is committed."""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

from collector.consume import fetched_batches
from collector.consume.connection import connection, topic_pattern
from collector.consume.list_topics import answering, list_topics
from collector.consume.topic_ids import topic_ids
from collector.settings import Settings

log = structlog.get_logger()

METADATA_AGE_MS_MAX = 2_000  # so that a new topic is read within seconds
_PREFETCH_BYTES_MAX = 32 * 2**20
# At least and at most. A write ends with a fetch: the larger they are, the more it misses its size by.
_PARTITION_FETCH_BYTES = (128 * 2**10, 256 * 2**10)

Fetched = dict[TopicPartition, Sequence[Any]]
Drain = Callable[[], Awaitable[None]]


class TopicReader:
    """A consumer of every topic that the settings do not exclude. It reads committed records only."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._consumer: AIOKafkaConsumer | None = None
        self._skip_to_end: frozenset[str] = frozenset()
        self._anew: dict[str, set[TopicPartition]] = {}
        self.nothing_to_read = False

    async def start(self, drain: Drain) -> None:
        """Join the group. `drain` is awaited before partitions are given up: write and commit what was read.

        Raises BrokerUnavailableError when no broker answers.
        """
        fetched_batches.install()
        pattern = re.compile(topic_pattern(self._settings))
        listed = await list_topics(self._settings)
        topics = {name: partitions for name, partitions in listed.items() if pattern.match(name)}
        self.nothing_to_read = not topics
        fetch_bytes = _PREFETCH_BYTES_MAX // max(1, sum(topics.values()))
        least, most = _PARTITION_FETCH_BYTES
        consumer = AIOKafkaConsumer(
            **connection(self._settings),
            group_id=self._settings.group_id,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            metadata_max_age_ms=METADATA_AGE_MS_MAX,
            session_timeout_ms=self._settings.session_timeout_ms,
            heartbeat_interval_ms=self._settings.session_timeout_ms // 4,
            rebalance_timeout_ms=max(30_000, self._settings.session_timeout_ms),
            fetch_max_bytes=_PREFETCH_BYTES_MAX,
            max_partition_fetch_bytes=max(least, min(most, fetch_bytes)),
        )
        self._consumer = consumer
        await answering(consumer.start(), self._settings)
        if self._settings.start == "latest" and not await self._has_started_before(topics):
            self._skip_to_end = frozenset(topics)
        consumer.subscribe(pattern=topic_pattern(self._settings), listener=_DrainFirst(self, drain))

    async def _has_started_before(self, topics: Mapping[str, int]) -> bool:
        for topic, partitions in topics.items():
            for partition in range(partitions):
                if await self.consumer.committed(TopicPartition(topic, partition)) is not None:
                    return True
        return False

    @property
    def consumer(self) -> AIOKafkaConsumer:
        """The consumer underneath. Raises RuntimeError before `start`."""
        if self._consumer is None:
            raise RuntimeError("TopicReader is used before it was started")
        return self._consumer

    async def skip_old(self, assigned: set[TopicPartition]) -> None:
        """On the very first start with `start = latest`, leave out what was there before."""
        old = [partition for partition in assigned if partition.topic in self._skip_to_end]
        fresh = [partition for partition in old if await self.consumer.committed(partition) is None]
        if fresh:
            await self.consumer.seek_to_end(*fresh)

    async def topic_ids(self) -> dict[str, str]:
        """Return the id of every topic that is read; empty where brokers give none, or do not answer now."""
        pattern = re.compile(topic_pattern(self._settings))
        return {name: at for name, at in (await topic_ids(self.consumer)).items() if pattern.match(name)}

    async def read_again(self, topics: Iterable[str]) -> None:
        """Read these topics from their beginning: they are others than those of which offsets were committed."""
        self._anew |= {topic: set() for topic in topics}
        await self.seek_anew(self.assignment())

    async def seek_anew(self, assigned: set[TopicPartition]) -> None:
        """Go to the beginning of what is to be read again, once for each partition."""
        due = [
            place for place in assigned if place.topic in self._anew and place not in self._anew[place.topic]
        ]
        for place in due:
            self._anew[place.topic].add(place)
        if due:
            await self.consumer.seek_to_beginning(*due)

    async def read(self, timeout_ms: int, batches_max: int) -> Fetched:
        """Return what has been fetched, by partition; empty when nothing came within `timeout_ms`.

        RawBatch and BrokenBatch of collector.decode.raw_batches, and single records of the format before v2.
        """
        try:
            fetched: Fetched = await self.consumer.getmany(timeout_ms=timeout_ms, max_records=batches_max)
            return fetched
        except KafkaError as error:
            # The fetch loop goes on by itself; what could not be read is fetched again from the same position.
            log.warning("reading failed, will be tried again", error=type(error).__name__)
            return {}

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> bool:
        """Commit next offsets. False when the partitions have gone to another member, who reads them again."""
        owned = self.consumer.assignment()
        kept = {partition: offset for partition, offset in offsets.items() if partition in owned}
        try:
            if kept:
                await self.consumer.commit(kept)
        except (CommitFailedError, IllegalStateError) as error:
            log.info("offsets not committed, the partitions have moved", error=type(error).__name__)
            return False
        except KafkaError as error:
            log.warning("offsets not committed, will be with the next write", error=type(error).__name__)
            return False
        return len(kept) == len(offsets)

    def pause(self) -> None:
        """Fetch no more records, but stay in the group."""
        self.consumer.pause(*self.consumer.assignment())

    def resume(self) -> None:
        """Fetch again."""
        self.consumer.resume(*self.consumer.paused())

    def assignment(self) -> set[TopicPartition]:
        """Return the partitions that this member reads now."""
        return set(self.consumer.assignment())

    def end_offset(self, partition: TopicPartition) -> int | None:
        """Return the end of what can be read, as of the latest fetch; None before the first one."""
        end: int | None = self.consumer.last_stable_offset(partition)
        high: int | None = self.consumer.highwater(partition)
        return high if end is None or end < 0 else end

    def positions(self) -> dict[TopicPartition, int]:
        """Return the offset that is read next, of each partition whose position is known.

        It has passed control and aborted records, which are never handed over. The public `position()` waits
        where none is known, which may be for ever on a broken partition; hence the look inside.
        """
        assignment = (
            self.consumer._subscription.subscription and self.consumer._subscription.subscription.assignment
        )
        if not assignment:
            return {}
        states = ((partition, assignment.state_value(partition)) for partition in assignment.tps)
        return {partition: state.position for partition, state in states if state.has_valid_position}

    async def stop(self) -> None:
        """Leave the group."""
        if self._consumer is not None:
            await self._consumer.stop()


class _DrainFirst(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka is untyped
    def __init__(self, reader: TopicReader, drain: Drain) -> None:
        self._reader = reader
        self._drain = drain

    async def on_partitions_revoked(self, revoked: list[TopicPartition]) -> None:
        if revoked:
            await self._drain()

    async def on_partitions_assigned(self, assigned: list[TopicPartition]) -> None:
        await self._reader.skip_old(set(assigned))
        await self._reader.seek_anew(set(assigned))
