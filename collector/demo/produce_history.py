"""Sends past events to the broker, in order and with their own timestamps, and checks where they landed."""

from collections.abc import Callable, Iterable
from typing import Any

import confluent_kafka

from collector.demo.history import PastEvent
from collector.demo.truth import Truth
from collector.errors import BrokerUnavailableError

FLUSH_S_MAX = 30.0
POLL_EVERY = 500

CONFIG = {
    "client.id": "shop-history",
    "linger.ms": 20,
    "queue.buffering.max.messages": 100_000,
    # Offsets are foretold: nothing may overtake, nothing may be sent twice.
    "max.in.flight.requests.per.connection": 1,
    "message.send.max.retries": 0,
}


def produce_history(
    bootstrap_servers: str, events: Iterable[PastEvent], truth: Truth, go_on: Callable[[int], bool]
) -> None:
    """Send `events` while `go_on`, which is told the time (ms since 1970) in history now and then.

    Raises BrokerUnavailableError where the broker fails, or where somebody else writes to the same topics.
    """
    producer = confluent_kafka.Producer(CONFIG | {"bootstrap.servers": bootstrap_servers})
    problems: list[str] = []
    for number, event in enumerate(events):
        _send(producer, event, problems)
        truth.add(event.ref, event.causes, event.service)
        if number % POLL_EVERY == 0:
            producer.poll(0)
            if problems or not go_on(event.time_ms):
                break
    if producer.flush(FLUSH_S_MAX):
        problems.append("it did not acknowledge in time")
    if problems:
        raise BrokerUnavailableError(
            f"The history could not be written to {bootstrap_servers}: {problems[0]}."
        )


def _send(producer: Any, event: PastEvent, problems: list[str]) -> None:
    foretold = event.ref

    def check(error: Any, sent: Any) -> None:
        if error:
            problems.append(str(error))
        elif sent.offset() != foretold.offset:
            problems.append(
                f"somebody else writes to {foretold.topic}: offset {sent.offset()} and not {foretold.offset}"
            )

    message = event.message
    while True:
        try:
            producer.produce(
                message.topic,
                message.value,
                key=message.key,
                headers=message.headers,
                partition=foretold.partition,
                timestamp=event.time_ms,
                on_delivery=check,
            )
        except BufferError:
            producer.poll(0.05)
        else:
            return
