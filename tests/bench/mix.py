"""Records as seven kinds of producers write them, one topic each: what the breakdown of the benchmark reads."""

import json
import random
from collections.abc import Callable
from uuid import UUID

from confluent_kafka import Producer

from tests.support.cluster import Cluster

Made = tuple[list[tuple[str, bytes]], bytes]

PREFIX = "mix."
_PAYLOADS = 500
_FLUSH_SECONDS_MAX = 60


def fill_mix(bootstrap: str, count: int, *, partitions: int = 2, seed: int = 1) -> list[str]:
    """Send `count` records in all, as many of each kind; return the topics. Payloads are of 350 to 550 bytes."""
    producer = Producer({
        "bootstrap.servers": bootstrap,
        "linger.ms": 50,
        "batch.size": 512 * 1024,
        "queue.buffering.max.messages": 200_000,
        "compression.type": "lz4",
        "log_level": 0,
    })  # fmt: skip
    chance = random.Random(seed)
    payloads = [_payload(chance, number) for number in range(_PAYLOADS)]
    topics = [PREFIX + kind for kind in PRODUCERS]
    for topic, make in zip(topics, PRODUCERS.values(), strict=True):
        Cluster(bootstrap).create_topic(topic, partitions=partitions)
        for number in range(count // len(topics)):
            headers, value = make(number, payloads[number % _PAYLOADS])
            while True:
                try:
                    producer.produce(
                        topic, value, b"order-%d" % (number // 4), number % partitions, headers=headers
                    )
                    break
                except BufferError:
                    producer.poll(0.05)
    assert producer.flush(_FLUSH_SECONDS_MAX) == 0, "the broker did not take all records in time"
    return topics


def _plain(_number: int, payload: bytes) -> Made:
    return [], payload


def _spring(number: int, payload: bytes) -> Made:
    return [
        ("__TypeId__", b"shop.orders.OrderPlaced"),
        ("spring_json_header_types", b'{"contentType":"java.lang.String"}'),
        ("contentType", b"application/json"),
        ("kafka_correlationId", UUID(int=number + 1).bytes),
        ("traceparent", _traceparent(number)),
    ], payload


def _opentelemetry(number: int, payload: bytes) -> Made:
    return [
        ("traceparent", _traceparent(number)),
        ("tracestate", b"vendor=t61rcWkgMzE"),
        ("baggage", b"tenant=acme,order=%d" % number),
    ], payload


def _cloudevents(number: int, payload: bytes) -> Made:
    cause = [("ce_causationid", b"e-%d" % (number - 1))] if number % 4 else []
    return [
        ("ce_specversion", b"1.0"),
        ("ce_id", b"e-%d" % number),
        ("ce_source", b"/shop/checkout"),
        ("ce_type", b"shop.order.placed"),
        ("ce_time", b"2026-11-26T03:00:00Z"),
        ("content-type", b"application/json"),
        *cause,
    ], payload


def _structured(number: int, payload: bytes) -> Made:
    event = {"specversion": "1.0", "id": f"s-{number}", "source": "/shop/mail", "type": "mail.sent"}
    return [("content-type", b"application/cloudevents+json")], (
        json.dumps(event | {"data": json.loads(payload)}).encode()
    )


def _confluent_avro(number: int, payload: bytes) -> Made:
    # Avro has no names in it: what matters here is the prefix and that nothing behind it is JSON.
    return [("traceparent", _traceparent(number))], b"\x00" + (42).to_bytes(4, "big") + b"\x02" + payload


def _mass_transit(number: int, payload: bytes) -> Made:
    return [
        ("MessageId", str(UUID(int=number + 1)).encode()),
        ("CorrelationId", str(UUID(int=number // 4 + 1)).encode()),
        ("ConversationId", str(UUID(int=number // 16 + 1)).encode()),
        ("InitiatorId", str(UUID(int=(number - 1) // 4 + 1)).encode()),
        ("SourceAddress", b"loopback://host/sales"),
        ("MT-Host-ProcessName", b"Sales"),
        ("MT-Host-AssemblyVersion", b"3.2"),
        ("MT-Activity-Id", _traceparent(number)),
    ], payload


PRODUCERS: dict[str, Callable[[int, bytes], Made]] = {
    "plain-json": _plain,
    "spring": _spring,
    "opentelemetry": _opentelemetry,
    "cloudevents": _cloudevents,
    "cloudevents-structured": _structured,
    "confluent-avro": _confluent_avro,
    "mass-transit": _mass_transit,
}


def _traceparent(number: int) -> bytes:
    return b"00-%032x-%016x-01" % (number // 4 + 1, number + 1)


def _payload(chance: random.Random, number: int) -> bytes:
    order = {
        "order": number,
        "customer": {"id": chance.randrange(10**6), "name": "amber"},
        "lines": [{"sku": "basalt", "qty": chance.randrange(9), "price": 9.99} for _ in range(3)],
        "paid": number % 3 == 0,
        "note": "x" * chance.randrange(150, 350),
    }
    if number % 5 == 0:
        order["coupon"] = "C-1"
    return json.dumps(order).encode()
