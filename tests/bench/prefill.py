"""Fills the topic that the benchmark reads."""

import json
import random

from confluent_kafka import Producer

TIMEOUT_SECONDS = 30


def prefill(bootstrap: str, topic: str, count: int, *, partitions: int, seed: int = 1) -> None:
    """Send `count` records with six headers and 200 to 500 bytes of JSON each; about ten seconds for 500,000.

    Every second record names an earlier one as its cause, so that links are found too.
    """
    producer = Producer({
        "bootstrap.servers": bootstrap,
        "linger.ms": 50,
        "batch.size": 512 * 1024,
        "queue.buffering.max.messages": 200_000,
        "compression.type": "lz4",
        "log_level": 0,
    })  # fmt: skip
    chance = random.Random(seed)
    payloads = [_payload(chance, number) for number in range(2_000)]
    services = [f"urn:company:{name}".encode() for name in ("checkout", "payments", "shipping", "mail")]
    types = [name.encode() for name in ("OrderPlaced", "PaymentTaken", "ParcelSent", "MailSent")]
    for number in range(count):
        step = number % 4
        trace = f"{number // 4 + 1:032x}"
        headers = [
            ("traceparent", f"00-{trace}-{number + 1:016x}-01".encode()),
            ("message-id", b"m-%d" % number),
            ("causation-id", b"m-%d" % (number - 1) if step else b"command-%d" % number),
            ("correlation-id", b"order-%d" % (number // 4)),
            ("source", services[step]),
            ("type", types[step]),
        ]
        while True:
            try:
                producer.produce(
                    topic,
                    payloads[number % 2_000],
                    b"order-%d" % (number // 4),
                    number % partitions,
                    headers=headers,
                )
                break
            except BufferError:
                producer.poll(0.05)
        if number % 1_000 == 0:
            producer.poll(0)
    assert producer.flush(TIMEOUT_SECONDS) == 0, "the broker did not take all records in time"


def _payload(chance: random.Random, number: int) -> bytes:
    """Return one of five JSON structures, 200 to 500 bytes long."""
    words = ["amber", "basalt", "cedar", "delta", "ember", "fjord", "garnet", "harbor"]
    order: dict[str, object] = {
        "order": number,
        "customer": {"id": chance.randrange(10**6), "name": chance.choice(words)},
    }
    kind = number % 5
    if kind >= 1:
        order["lines"] = [
            {"sku": chance.choice(words), "qty": chance.randrange(9), "price": 9.99} for _ in range(3)
        ]
    if kind >= 2:
        order["address"] = {"street": chance.choice(words), "city": chance.choice(words), "zip": "10115"}
    if kind >= 3:
        order["paid"] = kind == 3
    if kind == 4:
        order["coupon"] = None
    length = chance.randrange(200, 500)
    order["note"] = ""
    order["note"] = "x" * max(0, length - len(json.dumps(order)))
    return json.dumps(order).encode()
