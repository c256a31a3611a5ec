"""aiokafka under OpenTelemetry's instrumentation: an order, its effect, and an effect with the order's headers.

Usage: aiokafka_otel.py BOOTSTRAP
"""

import asyncio
import sys

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from opentelemetry.instrumentation.aiokafka import AIOKafkaInstrumentor
from opentelemetry.sdk.trace import TracerProvider

AIOKafkaInstrumentor().instrument(tracer_provider=TracerProvider())


async def main(bootstrap: str) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
        for number in (1, 2):
            await producer.send_and_wait("orders", b'{"order": %d}' % number, key=b"ord-%d" % number)
        async with AIOKafkaConsumer(
            "orders", bootstrap_servers=bootstrap, group_id="handler", auto_offset_reset="earliest"
        ) as consumer:
            order = await consumer.getone()
            await producer.send_and_wait("payments", b'{"payment": 1}', key=order.key)
            await producer.send_and_wait("forwarded", order.value, key=order.key, headers=list(order.headers))


asyncio.run(main(sys.argv[1]))
