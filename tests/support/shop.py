"""A shop whose orders are answered by bills: what follows, what does not, and in which order, without a broker."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from collector.lineage.link import link_batches
from collector.storage.api import Store
from tests.support.rows import events_table

LATENCY = timedelta(milliseconds=300)


class Shop:
    """Writes orders, one a second, and what billing makes of each: a bill 300 ms later."""

    def __init__(self, store: Store, start: datetime) -> None:
        self.store = store
        self.now = start
        self._offsets: dict[str, int] = {}
        self._batch = 0
        self._to_come: list[tuple[int, datetime]] = []
        self._unread: list[dict[str, Any]] = []

    def run(
        self,
        seconds: int,
        *,
        without: Callable[[int], bool] = lambda _number: False,
        latency: Callable[[int], timedelta] = lambda _number: LATENCY,
        swapped: Callable[[int], bool] = lambda _number: False,
        failing: Callable[[int], bool] = lambda _number: False,
        hold: bool = False,
    ) -> None:
        """Let time pass. Orders `without` have no bill, those `failing` become dead letters; of two that follow each
        other under one key, bills of `swapped` ones come in the other order. With `hold` nothing of it is read yet.
        """
        events: list[dict[str, Any]] = []
        bills = self._to_come
        for second in range(seconds):
            at = self.now + timedelta(seconds=second)
            number = self._offsets.get("orders", 0)
            key = f"customer-{number // 2 % 5}".encode()
            events.append(
                self._event(
                    "orders", at, service="shop", key=key, names=[f"id:o{number}"], message_id=f"o{number}"
                )
            )
            if failing(number):
                events.append(self._dead(number, at + latency(number)))
            elif not without(number):
                bills.append((number, at + latency(number)))
        self.now += timedelta(seconds=seconds)
        self._to_come = [(number, at) for number, at in bills if at >= self.now]
        come = [(number, at) for number, at in bills if at < self.now]
        for number, at in self._in_order(come, swapped):
            key = f"customer-{number // 2 % 5}".encode()
            cause = (f"id:o{number}", "caused", "header")
            events.append(self._event("bills", at, service="billing", key=key, references=[cause]))
        if hold:
            self._unread += events
            return
        self._write([{**event, "observed_time": self.now} for event in self._unread] + events)
        self._unread = []

    def _write(self, events: Sequence[dict[str, Any]]) -> None:
        self._batch += 1
        rows = events_table([{**event, "batch": self._batch} for event in events])
        self.store.insert("events", rows, token=f"shop-{self._batch}")
        link_batches(self.store, [self._batch])

    def _in_order(
        self, bills: Iterable[tuple[int, datetime]], swapped: Callable[[int], bool]
    ) -> list[tuple[int, datetime]]:
        late = timedelta(seconds=2.5)
        moved = [(at + late if number % 2 == 0 and swapped(number) else at, number) for number, at in bills]
        return [(number, at) for at, number in sorted(moved)]

    def _dead(self, number: int, at: datetime) -> dict[str, Any]:
        origin = f"event:orders/0/{number}"
        return self._event(
            "orders-dlt", at, service="shop", origin=origin, dead_letter=True, failed_group="billing",
            references=[(origin, "dead_lettered", "provenance")],
        )  # fmt: skip

    def _event(self, topic: str, at: datetime, **columns: Any) -> dict[str, Any]:
        offset = self._offsets.get(topic, 0)
        self._offsets[topic] = offset + 1
        return {
            "topic": topic, "offset": offset, "time": at, "observed_time": at + timedelta(milliseconds=500), **columns
        }  # fmt: skip
