"""What the client library alone can do: read and discard. Runs as a process of its own, prints JSON."""

import asyncio
import json
import resource
import sys
import time

from aiokafka import AIOKafkaConsumer, TopicPartition


async def read_and_discard(bootstrap: str, topics: list[str], count: int) -> float:
    """Read `count` records of `topics` and keep none; return the seconds from the first request on."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        await consumer._client.force_metadata_update()
        places = [
            TopicPartition(topic, number)
            for topic in topics
            for number in consumer.partitions_for_topic(topic) or ()
        ]
        started = time.perf_counter()
        consumer.assign(places)
        seen = 0
        while seen < count:
            seen += sum(len(records) for records in (await consumer.getmany(timeout_ms=1000)).values())
        return time.perf_counter() - started
    finally:
        await consumer.stop()


if __name__ == "__main__":
    seconds = asyncio.run(read_and_discard(sys.argv[1], sys.argv[2].split(","), int(sys.argv[3])))
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"seconds": seconds, "cpu_seconds": usage.ru_utime + usage.ru_stime}))
