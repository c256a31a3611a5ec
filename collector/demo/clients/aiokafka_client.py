"""Services on aiokafka."""

import asyncio
from collections.abc import Sequence
from typing import Any

import aiokafka
from opentelemetry import context as otel_context
from opentelemetry.sdk.trace import TracerProvider

from collector.demo.clients.api import Context, Positions, record
from collector.demo.model import Message, Record
from collector.demo.spans import handling
from collector.demo.tracing import UntracedAIOKafkaConsumer, UntracedAIOKafkaProducer, continued
from schemas.records import EventRef

WAIT_MS = 500


class AIOKafkaClient:
    """See Client. `provider` None = without instrumentation; `continues` = the application keeps the trace."""

    def __init__(
        self, name: str, bootstrap_servers: str, *, provider: TracerProvider | None, continues: bool
    ) -> None:
        self._name = name
        self._servers = bootstrap_servers
        self._tracer = provider.get_tracer("shop") if provider and continues else None
        # Looked up now and not at import: the instrumentation has patched them by now.
        self._producer_type = aiokafka.AIOKafkaProducer if provider else UntracedAIOKafkaProducer
        self._consumer_type = aiokafka.AIOKafkaConsumer if provider else UntracedAIOKafkaConsumer
        self._producer: Any = None
        self._consumer: Any = None

    async def start(self, positions: Positions) -> None:
        """See Client."""
        self._producer = self._producer_type(
            bootstrap_servers=self._servers, client_id=self._name, request_timeout_ms=5_000
        )
        await self._producer.start()
        if positions:
            self._consumer = self._consumer_type(
                bootstrap_servers=self._servers, client_id=self._name, group_id=self._name
            )
            await self._consumer.start()
            self._consumer.assign([aiokafka.TopicPartition(*place) for place in positions])
            for place, offset in positions.items():
                self._consumer.seek(aiokafka.TopicPartition(*place), offset)

    async def receive(self) -> Sequence[tuple[Record, Context]]:
        """See Client."""
        batches = await self._consumer.getmany(timeout_ms=WAIT_MS)
        found = [_record(message) for messages in batches.values() for message in messages]
        return [(one, self._context(one)) for one in found]

    async def send(self, message: Message, context: Context) -> EventRef:
        """See Client."""
        token = otel_context.attach(context or otel_context.Context())
        try:
            acknowledged = await self._producer.send(
                message.topic,
                message.value,
                key=message.key,
                partition=message.partition,
                headers=message.headers,
            )
        finally:
            otel_context.detach(token)
        sent = await acknowledged
        return EventRef(sent.topic, sent.partition, sent.offset)

    async def stop(self) -> None:
        """See Client."""
        for part in (self._consumer, self._producer):
            if part:
                async with asyncio.timeout(1):
                    await part.stop()
        self._consumer = self._producer = None

    def _context(self, read: Record) -> Context:
        return continued(self._tracer, read.headers, handling(self._name, read)) if self._tracer else None


def _record(message: aiokafka.ConsumerRecord) -> Record:
    return record(
        EventRef(message.topic, message.partition, message.offset),
        key=message.key,
        value=message.value,
        headers=message.headers,
        time_ms=message.timestamp,
    )
