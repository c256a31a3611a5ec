"""A look at the newest records of one topic, without a group and without a trace on the cluster."""

import re
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from collector.consume import fetched_batches
from collector.consume.connection import connection, topic_pattern
from collector.consume.list_topics import answering, list_topics
from collector.decode.raw_batches import BrokenBatch, RawBatch, unpack
from collector.errors import SettingsError
from collector.settings import Settings

_WAIT_MS_MAX = 5_000


async def partition_topics(settings: Settings) -> tuple[list[str], list[str]]:
    """Return the names of the topics that are read and of those that are left out.

    Raises BrokerUnavailableError when no broker answers.
    """
    pattern = re.compile(topic_pattern(settings))
    names = sorted(await list_topics(settings))
    return [name for name in names if pattern.match(name)], [
        name for name in names if not pattern.match(name)
    ]


async def sample_records(settings: Settings, topic: str, records_max: int) -> list[tuple[int, Any]]:
    """Return up to `records_max` of the newest records as (partition, record).

    Raises BrokerUnavailableError when no broker answers and SettingsError where there is no such topic.
    """
    partitions = (await list_topics(settings)).get(topic)
    if not partitions:
        raise SettingsError(f"There is no topic {topic!r} on {settings.bootstrap_servers}.")
    fetched_batches.install()
    consumer = AIOKafkaConsumer(
        **connection(settings), group_id=None, enable_auto_commit=False, isolation_level="read_committed"
    )
    try:
        await answering(consumer.start(), settings)
        places = [TopicPartition(topic, number) for number in range(partitions)]
        consumer.assign(places)
        return await _newest(consumer, places, records_max)
    finally:
        await consumer.stop()


async def _newest(
    consumer: AIOKafkaConsumer, places: list[TopicPartition], records_max: int
) -> list[tuple[int, Any]]:
    begins, ends = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
    share = max(1, records_max // max(1, len(places)))
    for place in places:
        consumer.seek(place, max(begins[place], ends[place] - share))
    found: list[tuple[int, Any]] = []
    while len(found) < records_max:
        fetched = await consumer.getmany(timeout_ms=_WAIT_MS_MAX if not found else 500)
        if not fetched:
            break
        for place, items in fetched.items():
            for item in items:
                records = unpack(item)[0] if isinstance(item, RawBatch) else [item]
                found.extend(
                    (place.partition, record) for record in records if not isinstance(record, BrokenBatch)
                )
    return found[:records_max]
