"""Services on confluent-kafka (librdkafka)."""

import asyncio
import contextvars
import threading
from collections.abc import Sequence
from typing import Any

import confluent_kafka
from opentelemetry.instrumentation.confluent_kafka import ConfluentKafkaInstrumentor
from opentelemetry.sdk.trace import TracerProvider

from collector.demo.clients.api import Context, Positions, record
from collector.demo.clients.reading_thread import ReadingThread
from collector.demo.model import Message, Record
from schemas.records import EventRef

WAIT_S = 0.5


class ConfluentClient:
    """See Client. `provider` None = without instrumentation.

    The instrumentation leaves a span current from one poll to the next, in the thread that polls; records
    carry a copy of that context, so that what is sent later still belongs to what was read.
    """

    def __init__(self, name: str, bootstrap_servers: str, *, provider: TracerProvider | None) -> None:
        self._name = name
        self._config = {"bootstrap.servers": bootstrap_servers, "client.id": name}
        self._provider = provider
        self._producer: Any = None
        self._reader: ReadingThread | None = None
        self._delivering: threading.Thread | None = None
        self._stopping = threading.Event()

    async def start(self, positions: Positions) -> None:
        """See Client."""
        self._loop = asyncio.get_running_loop()
        self._producer = confluent_kafka.Producer(
            self._config | {"linger.ms": 2, "message.timeout.ms": 5_000}
        )
        if self._provider:
            self._producer = ConfluentKafkaInstrumentor.instrument_producer(self._producer, self._provider)
        self._delivering = threading.Thread(target=self._deliver, name=f"{self._name} delivers", daemon=True)
        self._delivering.start()
        if positions:
            self._reader = self._read_on(positions)

    async def receive(self) -> Sequence[tuple[Record, Context]]:
        """See Client."""
        return await self._reader.receive() if self._reader else ()

    async def send(self, message: Message, context: Context) -> EventRef:
        """See Client."""
        acknowledged: asyncio.Future[EventRef] = self._loop.create_future()

        def settle(error: Any, sent: Any) -> None:
            if acknowledged.done():
                return
            if error:
                acknowledged.set_exception(confluent_kafka.KafkaException(error))
            else:
                acknowledged.set_result(EventRef(sent.topic(), sent.partition(), sent.offset()))

        where = {} if message.partition is None else {"partition": message.partition}
        (context or contextvars.Context()).run(
            self._producer.produce,
            message.topic,
            message.value,
            key=message.key,
            headers=message.headers,
            on_delivery=lambda error, sent: self._loop.call_soon_threadsafe(settle, error, sent),
            **where,
        )
        return await acknowledged

    async def stop(self) -> None:
        """See Client."""
        if self._reader:
            await self._reader.stop()
        if self._producer:
            await asyncio.to_thread(self._producer.flush, 1)
        self._stopping.set()
        if self._delivering:
            await asyncio.to_thread(self._delivering.join, 1)
        self._reader = self._producer = self._delivering = None

    def _read_on(self, positions: Positions) -> ReadingThread:
        options = {"group.id": self._name, "auto.commit.interval.ms": 5_000, "fetch.wait.max.ms": 500}
        plain = confluent_kafka.Consumer(self._config | options)
        plain.assign([confluent_kafka.TopicPartition(*place, offset) for place, offset in positions.items()])
        consumer: Any = plain
        if self._provider:
            consumer = ConfluentKafkaInstrumentor.instrument_consumer(plain, self._provider)

        def read() -> tuple[Record, Context] | None:
            message = consumer.poll(WAIT_S)
            if message is None or message.error():
                return None
            return _record(message), contextvars.copy_context()

        return ReadingThread(self._name, read, plain.close)

    def _deliver(self) -> None:
        """Librdkafka calls back only from inside a poll."""
        producer = self._producer
        while not self._stopping.is_set():
            producer.poll(WAIT_S)


def _record(message: Any) -> Record:
    return record(
        EventRef(message.topic(), message.partition(), message.offset()),
        key=message.key(),
        value=message.value(),
        headers=message.headers() or (),
        time_ms=message.timestamp()[1],
    )
