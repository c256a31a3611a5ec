"""From stored events to incidents of steps that do not follow and of changed order, on the real engine."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from collector.detect.count_flow_facts import CountFlowFacts, read_steps
from collector.detect.read_incidents import read_incidents
from collector.detect.story import tell
from collector.detect.watch_incidents import JudgeIncidents, replay
from collector.settings import load
from collector.storage.api import Store
from schemas.incidents import Incident
from tests.support.shop import Shop

START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
Look = Callable[[datetime], list[Incident]]


@pytest.fixture
def shop(store: Store) -> Shop:
    return Shop(store, START)


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
    assert "events without what usually follows" in tell(opened, shop.now).paragraph

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
        shop.run(60, latency=lambda _number: timedelta(minutes=3))
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
