"""FastStream with its OpenTelemetry middleware: a handler that publishes and returns an effect, and a batch.

Usage: faststream_otel.py BOOTSTRAP
"""

import asyncio
import sys

from faststream.kafka import KafkaBroker
from faststream.kafka.opentelemetry import KafkaTelemetryMiddleware
from opentelemetry.sdk.trace import TracerProvider

broker = KafkaBroker(sys.argv[1], middlewares=[KafkaTelemetryMiddleware(tracer_provider=TracerProvider())])
handled = asyncio.Event()


@broker.subscriber("orders", group_id="handler", auto_offset_reset="earliest")
@broker.publisher("receipts")
async def handle(order: dict[str, int]) -> dict[str, int]:
    await broker.publish({"payment": order["order"]}, "payments")
    if order["order"] == 2:
        handled.set()
    return {"receipt": order["order"]}


async def main() -> None:
    async with broker:
        await broker.start()
        for number in (1, 2):
            await broker.publish({"order": number}, "orders", key=b"ord-%d" % number)
        await broker.publish_batch({"line": 1}, {"line": 2}, topic="lines")
        await asyncio.wait_for(handled.wait(), 30)
        await asyncio.sleep(1)  # what the handler returns is published after it


asyncio.run(main())
