"""Services on kafka-python."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import kafka
from opentelemetry.sdk.trace import TracerProvider

from collector.demo.clients.api import Context, Positions, record
from collector.demo.clients.reading_thread import ReadingThread
from collector.demo.model import Message, Record
from collector.demo.tracing import UntracedKafkaConsumer, UntracedKafkaProducer
from schemas.records import EventRef

WAIT_MS = 500


class KafkaPythonClient:
    """See Client. `provider` None = without instrumentation."""

    def __init__(self, name: str, bootstrap_servers: str, *, provider: TracerProvider | None) -> None:
        self._name = name
        self._servers = bootstrap_servers
        # Looked up now and not at import: the instrumentation has patched them by now.
        self._producer_type = kafka.KafkaProducer if provider else UntracedKafkaProducer
        self._consumer_type = kafka.KafkaConsumer if provider else UntracedKafkaConsumer
        # Sending may wait for metadata, which must not hold up the event loop.
        self._sending = ThreadPoolExecutor(1, thread_name_prefix=f"{name} sends")
        self._producer: Any = None
        self._reader: ReadingThread | None = None

    async def start(self, positions: Positions) -> None:
        """See Client."""
        self._loop = asyncio.get_running_loop()
        self._producer = await self._loop.run_in_executor(self._sending, self._connect)
        if positions:
            consumer = await asyncio.to_thread(self._consume, positions)
            self._reader = ReadingThread(self._name, lambda: _next(consumer), lambda: consumer.close(1_000))

    async def receive(self) -> Sequence[tuple[Record, Context]]:
        """See Client."""
        return await self._reader.receive() if self._reader else ()

    async def send(self, message: Message, _context: Context) -> EventRef:
        """See Client. Whatever the context: the instrumentation starts a trace with every send."""
        acknowledged: asyncio.Future[EventRef] = self._loop.create_future()

        def settle(sent: Any, error: Exception | None) -> None:
            if acknowledged.done():
                return
            if error:
                acknowledged.set_exception(error)
            else:
                acknowledged.set_result(EventRef(sent.topic, sent.partition, sent.offset))

        def produce() -> None:
            sending = self._producer.send(
                message.topic,
                value=message.value,
                key=message.key,
                headers=message.headers,
                partition=message.partition,
            )
            sending.add_callback(lambda sent: self._loop.call_soon_threadsafe(settle, sent, None))
            sending.add_errback(lambda error: self._loop.call_soon_threadsafe(settle, None, error))

        await self._loop.run_in_executor(self._sending, produce)
        return await acknowledged

    async def stop(self) -> None:
        """See Client."""
        if self._reader:
            await self._reader.stop()
        if self._producer:
            await self._loop.run_in_executor(
                self._sending, lambda producer: producer.close(timeout=1), self._producer
            )
        self._reader = self._producer = None
        self._sending.shutdown(wait=False)

    def _connect(self) -> Any:
        return self._producer_type(
            bootstrap_servers=self._servers, client_id=self._name, max_block_ms=5_000, linger_ms=2
        )

    def _consume(self, positions: Positions) -> Any:
        consumer = self._consumer_type(
            bootstrap_servers=self._servers,
            client_id=self._name,
            group_id=self._name,
            consumer_timeout_ms=WAIT_MS,
        )
        consumer.assign([kafka.TopicPartition(*place) for place in positions])
        for place, offset in positions.items():
            consumer.seek(kafka.TopicPartition(*place), offset)
        return consumer


def _next(consumer: Any) -> tuple[Record, Context] | None:
    # Iterating and not polling: the instrumentation sees only the iteration.
    message = next(consumer, None)
    if message is None:
        return None
    read = record(
        EventRef(message.topic, message.partition, message.offset),
        key=message.key,
        value=message.value,
        headers=message.headers,
        time_ms=message.timestamp,
    )
    return read, None
