"""A small company in the store, second by second: traffic, failures and releases at known times, without a broker."""

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from collector.storage.api import Store
from tests.support.rows import events_table

TOPIC = "payments.captured"
DEAD = "payments.captured-dlt"
GROUP = "billing"


class World:
    """Writes events as a collector would: in batches, each event observed shortly after it happened."""

    def __init__(self, store: Store, start: datetime, *, seed: int = 1, lag_s: float = 0.5) -> None:
        self.store = store
        self.now = start
        self.version = "2.3.1"
        self.group = GROUP
        self.writer_of_dead = "payments"
        self.lag = timedelta(seconds=lag_s)
        self._lots = random.Random(seed)
        self._offsets: dict[str, int] = {}
        self._batch = 0
        self._seed = seed

    def run(
        self,
        seconds: float,
        *,
        failing: float = 0.0,
        doubled: float = 0.0,
        rate: float = 2.0,
        hold: bool = False,
    ) -> list[dict[str, Any]]:
        """Let time pass. `failing` is the share of payments that billing gives up on, `doubled` the share that are
        written twice. `hold` writes nothing yet.
        """
        events: list[dict[str, Any]] = []
        end = self.now + timedelta(seconds=seconds)
        while self.now < end:
            said: dict[str, Any] = {"service": "payments", "service_version": self.version}
            if doubled:
                name = f"payment-{self._offsets.get(TOPIC, 0)}"
                said |= {"message_id": name, "names": [f"id:{name}"]}
            place = self._next(TOPIC, said)
            events.append(place)
            if self._lots.random() < doubled:
                events.append(self._next(TOPIC, said))
            if self._lots.random() < failing:
                dead = {
                    "references": [(f"event:{TOPIC}/0/{place['offset']}", "dead_lettered", "provenance")],
                    "origin": f"event:{TOPIC}/0/{place['offset']}",
                    "failed_group": self.group,
                    "exception": "java.lang.IllegalStateException",
                    "dead_letter": True,
                    "header_names": ["kafka_dlt-original-topic"],
                    "header_values": [TOPIC],
                    "service": self.writer_of_dead,
                }
                events.append(self._next(DEAD, dead))
            self.now += timedelta(seconds=self._lots.expovariate(rate))
        self.now = end
        if not hold:
            self.write(events)
        return events

    def write(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Store the events as one batch."""
        self._batch += 1
        if events:
            rows = events_table([{**event, "batch": self._batch} for event in events])
            self.store.insert("events", rows, token=f"world-{self._seed}-{self._batch}")

    def _next(self, topic: str, columns: Mapping[str, Any]) -> dict[str, Any]:
        offset = self._offsets.get(topic, 0)
        self._offsets[topic] = offset + 1
        moment = self.now.replace(microsecond=self.now.microsecond // 1_000 * 1_000)
        return {
            "topic": topic,
            "offset": offset,
            "time": moment,
            "observed_time": moment + self.lag,
            **columns,
        }
