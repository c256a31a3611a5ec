"""CloudEvents by their SDK, in binary and in structured mode, with the correlation extension, and one without data.

Usage: cloudevents_sdk.py BOOTSTRAP
"""

import sys
from datetime import UTC, datetime

from cloudevents.core.bindings.kafka import to_binary, to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from confluent_kafka import Producer

ORDER = {
    "id": "evt-order-1",
    "source": "https://shop.example/checkout",
    "type": "shop.order.placed",
    "specversion": "1.0",
    "time": datetime(2026, 11, 23, 10, 0, tzinfo=UTC),
    "subject": "ord-1",
    "datacontenttype": "application/json",
    "dataschema": "https://schemas.shop.example/order/2",
    "partitionkey": "ord-1",
    "correlationid": "flow-1",
    "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
}
PAYMENT = ORDER | {
    "id": "evt-payment-1",
    "source": "/payments",
    "type": "shop.payment.captured",
    "causationid": "evt-order-1",
}

producer = Producer({"bootstrap.servers": sys.argv[1]})
for topic, convert in (("binary", to_binary), ("structured", to_structured)):
    for attributes, data in (
        (ORDER, {"order": 1, "städte": ["Köln"]}),
        (PAYMENT, {"payment": 1}),
        (PAYMENT, None),
    ):
        message = convert(CloudEvent(dict(attributes), data), JSONFormat())
        producer.produce(topic, key=message.key, value=message.value, headers=list(message.headers.items()))
producer.flush()
