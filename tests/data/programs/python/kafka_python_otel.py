"""kafka-python under OpenTelemetry's instrumentation: an order, its effect, and an effect with the order's headers.

Usage: kafka_python_otel.py BOOTSTRAP
"""

import sys

from kafka import KafkaConsumer, KafkaProducer
from opentelemetry.instrumentation.kafka import KafkaInstrumentor
from opentelemetry.sdk.trace import TracerProvider

KafkaInstrumentor().instrument(tracer_provider=TracerProvider())

producer = KafkaProducer(bootstrap_servers=sys.argv[1])
for number in (1, 2):
    producer.send("orders", key=b"ord-%d" % number, value=b'{"order": %d}' % number)
producer.flush()
consumer = KafkaConsumer(
    "orders", bootstrap_servers=sys.argv[1], group_id="handler", auto_offset_reset="earliest"
)
order = next(consumer)
producer.send("payments", key=order.key, value=b'{"payment": 1}')
producer.send("forwarded", key=order.key, value=order.value, headers=list(order.headers))
producer.flush()
consumer.close()
producer.close()
