"""From stored events to incidents of steps that do not follow and of changed order, on the real engine."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from collector.detect.count_flow_facts import CountFlowFacts, read_steps
from collector.detect.explain import explain
from collector.detect.read_incidents import read_incidents
from collector.detect.watch_incidents import JudgeIncidents, replay
from collector.lineage.link import link_batches
from collector.settings import load
from collector.storage.api import Store
from schemas.incidents import Incident
from tests.support.rows import events_table

START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
LATENCY = timedelta(milliseconds=300)
Look = Callable[[datetime], list[Incident]]


class Shop:
    """Writes orders, one a second, and what billing makes of each: a bill 300 ms later."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.now = START
        self._offsets: dict[str, int] = {}
        self._batch = 0
        self._to_come: list[tuple[int, datetime]] = []

    def run(
        self,
        seconds: int,
        *,
        without: Callable[[int], bool] = lambda _number: False,
        latency: timedelta = LATENCY,
        swapped: Callable[[int], bool] = lambda _number: False,
        failing: Callable[[int], bool] = lambda _number: False,
    ) -> None:
        """Let time pass. Orders `without` have no bill, those `failing` become dead letters; of two that follow each
        other under one key, bills of `swapped` ones come in the other order.
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
                events.append(self._dead(number, at + latency))
            elif not without(number):
                bills.append((number, at + latency))
        self.now += timedelta(seconds=seconds)
        self._to_come = [(number, at) for number, at in bills if at >= self.now]
        come = [(number, at) for number, at in bills if at < self.now]
        for number, at in self._in_order(come, swapped):
            key = f"customer-{number // 2 % 5}".encode()
            cause = (f"id:o{number}", "caused", "header")
            events.append(self._event("bills", at, service="billing", key=key, references=[cause]))
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


@pytest.fixture
def shop(store: Store) -> Shop:
    return Shop(store)


@pytest.fixture
def look(store: Store) -> Look:
    """Return what looks once as of a moment, as a watcher that was just started does."""

    def look(now: datetime) -> list[Incident]:
        CountFlowFacts(store).step(now)
        JudgeIncidents(store, load()).step(now)
        found = read_incidents(store, since=START, until=now)
        return [
            one for one in found if one.kind in ("flow_stuck", "out_of_order") and one.state != "withdrawn"
        ]

    return look


def test_a_service_that_answers_no_more_is_opened_and_resolved(store: Store, shop: Shop, look: Look) -> None:
    shop.run(600)
    assert look(shop.now) == []
    ((step,),) = [read_steps(store)]
    assert (step.step.cause[0], step.step.effect[0], step.step.service) == ("orders", "bills", "billing")

    broken = shop.now
    for _ in range(5):
        shop.run(60, without=lambda _number: True)
        found = look(shop.now)
    (opened,) = found
    assert (opened.kind, opened.state, opened.topic, opened.service, opened.severity) == (
        "flow_stuck", "open", "orders", "billing", "ticket",
    )  # fmt: skip
    assert timedelta() <= opened.impact_time - broken <= timedelta(seconds=1)
    assert opened.detected_time
    assert opened.detected_time - opened.impact_time <= timedelta(seconds=240)
    assert 200 <= opened.bad <= 300 - 30  # the newest are not due yet
    assert opened.sample_events[0] == f"orders/0/{600}"
    assert "did not get in time what usually follows" in explain(opened)

    mended = shop.now
    for _ in range(3):
        shop.run(300)
        found = look(shop.now)
    (resolved,) = found
    assert (resolved.incident_id, resolved.state, resolved.bad) == (opened.incident_id, "resolved", 300)
    assert resolved.mitigated_time
    assert timedelta() < mended - resolved.mitigated_time <= timedelta(seconds=2)
    assert resolved.detected_time == opened.detected_time

    (again,) = [one.incident for one in replay(store, load(), START, shop.now)]
    assert (again.incident_id, again.bad, again.mitigated_time) == (
        resolved.incident_id, 300, resolved.mitigated_time,
    )  # fmt: skip
    assert look(shop.now) == [resolved]


def test_answers_that_come_later_than_usual_count_until_they_are_in_time_again(
    shop: Shop, look: Look
) -> None:
    shop.run(600)
    look(shop.now)
    slow_from = shop.now
    for _ in range(5):
        shop.run(60, latency=timedelta(minutes=3))
        look(shop.now)
    for _ in range(3):
        shop.run(300)
        found = look(shop.now)

    (slow,) = found
    assert (slow.kind, slow.state, slow.bad) == ("flow_stuck", "resolved", 300)
    assert slow.mitigated_time
    assert timedelta(seconds=298) <= slow.mitigated_time - slow.impact_time <= timedelta(seconds=300)
    assert timedelta() <= slow.impact_time - slow_from <= timedelta(seconds=1)


def test_the_way_of_a_failure_and_an_outage_for_hours_do_not_become_usual(
    store: Store, shop: Shop, look: Look
) -> None:
    shop.run(900)
    assert look(shop.now) == []
    shop.run(300, failing=lambda _number: True)
    shop.run(60)
    assert look(shop.now) == []

    for _ in range(5):
        shop.run(1_200, without=lambda _number: True)
        found = look(shop.now)

    (opened,) = found
    assert (opened.kind, opened.state) == ("flow_stuck", "open")
    assert opened.bad >= 5_900


def test_few_that_are_missing_are_no_incident(shop: Shop, look: Look) -> None:
    shop.run(600, without=lambda number: number % 20 == 0)
    look(shop.now)
    shop.run(1_800, without=lambda number: number % 20 == 0)

    assert look(shop.now) == []


def test_changed_order_per_key_is_opened_and_resolved(store: Store, shop: Shop, look: Look) -> None:
    shop.run(600, swapped=lambda number: number % 100 == 0)
    assert look(shop.now) == []

    changed = shop.now
    shop.run(300, swapped=lambda _number: True)
    (opened,) = look(shop.now)
    assert (opened.kind, opened.state, opened.topic, opened.service) == (
        "out_of_order", "open", "orders", "billing",
    )  # fmt: skip
    assert timedelta() <= opened.impact_time - changed <= timedelta(seconds=5)
    assert 145 <= opened.bad <= 150
    assert opened.sample_events[0].startswith("bills/0/")

    shop.run(3_000)
    (resolved,) = look(shop.now)
    assert (resolved.incident_id, resolved.state, resolved.bad) == (opened.incident_id, "resolved", 150)
    assert look(shop.now) == [resolved]
