"""confluent-kafka under OpenTelemetry's instrumentation: an order, its effect, and effects with the order's headers.

Usage: confluent_kafka_otel.py BOOTSTRAP
"""

import sys

from confluent_kafka import Consumer, Producer
from opentelemetry.instrumentation.confluent_kafka import ConfluentKafkaInstrumentor
from opentelemetry.sdk.trace import TracerProvider

provider = TracerProvider()
bootstrap = {"bootstrap.servers": sys.argv[1]}
producer = ConfluentKafkaInstrumentor.instrument_producer(Producer(bootstrap), provider)
consumer = ConfluentKafkaInstrumentor.instrument_consumer(
    Consumer(bootstrap | {"group.id": "handler", "auto.offset.reset": "earliest"}), provider
)
for number in (1, 2):
    producer.produce("orders", key=f"ord-{number}", value=f'{{"order": {number}}}')
producer.flush()
consumer.subscribe(["orders"])
order = consumer.poll(30)
producer.produce("payments", key=order.key(), value='{"payment": 1}')
producer.produce("forwarded-list", key=order.key(), value=order.value(), headers=list(order.headers()))
producer.produce("forwarded-dict", key=order.key(), value=order.value(), headers=dict(order.headers()))
producer.flush()
consumer.close()
