"""Flows on the real engine: what usually follows, what is stuck, and what completes."""

from datetime import timedelta

import pytest

from collector.detect.flow_classes import read_flow_classes
from collector.detect.flows import find_stuck, read_habits
from collector.storage.api import Store
from schemas.records import EventRef
from tests.contract.test_anomalies import NOW, Writer


@pytest.fixture
def writer(store: Store) -> Writer:
    return Writer(store)


def _order(
    writer: Writer, number: int, at_ms: int, *, shipped: bool = True, declined: bool = False
) -> EventRef:
    root = writer.put("orders", f"o{number}", service="shop", at_ms=at_ms)
    if declined:
        writer.put("declined", f"d{number}", f"o{number}", service="pay", at_ms=at_ms + 100)
        return root
    writer.put("payments", f"p{number}", f"o{number}", service="pay", at_ms=at_ms + 200)
    if shipped:
        writer.put("shipments", f"s{number}", f"p{number}", service="ship", at_ms=at_ms + 700)
    return root


def test_a_missing_step_is_named_and_its_events_can_be_opened(store: Store, writer: Writer) -> None:
    minute = 60_000
    for number in range(
        60
    ):  # an hour of orders; one in twenty is declined; the last ten minutes ship nothing
        age = 60 - number
        _order(writer, number, -age * minute, shipped=age > 10, declined=number % 20 == 7)
    writer.done()

    stuck = find_stuck(store, NOW)

    (one,) = stuck
    assert (one.step.cause[0], one.step.effect[0], one.step.service) == ("payments", "shipments", "ship")
    assert one.step.p50_ms == pytest.approx(500)
    # The newest is not due yet: it began a minute ago, but nothing newer was seen than what it led to.
    assert one.waiting == 9
    assert one.unusual
    assert NOW - one.first_time < timedelta(minutes=10)
    assert one.examples[0].topic == "payments"
    assert read_habits(store, NOW).usual[("orders", "Step")][0].instead == {("declined", "Step")}


def test_classes_have_size_duration_and_completion(store: Store, writer: Writer) -> None:
    minute = 60_000
    for number in range(30):
        _order(writer, number, -(40 - number) * minute, shipped=number != 12, declined=number % 10 == 7)
    writer.put("ticks", "t", service="clock", at_ms=-1_000)
    writer.done()

    classes = {one.topic: one for one in read_flow_classes(store, NOW - timedelta(hours=1), NOW)}

    assert set(classes) == {"orders", "ticks"}
    orders = classes["orders"]
    assert (orders.service, orders.roots, orders.followed) == ("shop", 30, 30)
    assert orders.per_minute == pytest.approx(0.5)
    assert (orders.events_p50, orders.depth_p50, orders.duration_p50_ms) == (3, 2, 700)
    assert (orders.completed, orders.failed, orders.incomplete, orders.running) == (29, 0, 1, 0)
    ((step, number, ref),) = orders.missing
    assert (step.effect[0], number, ref.topic) == ("shipments", 1, "payments")
    assert (classes["ticks"].events_p50, classes["ticks"].completed) == (1, 1)


def test_nothing_stored_is_nothing_stuck(store: Store) -> None:
    assert find_stuck(store, NOW) == []
    assert read_flow_classes(store, NOW - timedelta(hours=1), NOW) == []
