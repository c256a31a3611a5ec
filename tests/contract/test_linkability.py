"""Linkability on the real engine: every event counts once, starts are not penalised, the advice fits the client."""

from datetime import timedelta

import pytest

from collector.lineage.linkability import Linkability, read_linkability, together
from collector.storage.api import Store
from tests.contract.test_anomalies import NOW, Writer


@pytest.fixture
def writer(store: Store) -> Writer:
    return Writer(store)


def _read(store: Store) -> dict[tuple[str, str], Linkability]:
    found = read_linkability(store, NOW - timedelta(hours=1), NOW + timedelta(seconds=1))
    return {(one.topic, one.service): one for one in found}


def test_each_event_counts_once_and_starts_are_told_apart(store: Store, writer: Writer) -> None:
    for number in range(20):
        writer.put("orders", f"o{number}", service="shop", at_ms=-1_000)
        cause = f"o{number}" if number < 10 else "never-seen" if number < 14 else ""
        writer.put("bills", f"b{number}", cause, service="billing", at_ms=-900)
        writer.put("mails", f"m{number}", f"o{number}", service="mailer", at_ms=-800)
    writer.done()

    streams = _read(store)

    shop, billing, mailer = streams["orders", "shop"], streams["bills", "billing"], streams["mails", "mailer"]
    assert (shop.grade, shop.role, shop.counts.starts, shop.advice) == ("start", "starts flows", 20, None)
    assert (mailer.grade, mailer.counts.header, mailer.advice) == ("A", 20, None)
    assert (billing.grade, billing.counts.exact_share) == ("D", 0.5)
    assert (billing.counts.header, billing.counts.orphans, billing.counts.nothing) == (10, 4, 6)
    assert billing.gain_per_day == pytest.approx(10 * 24, rel=0.01)
    assert billing.advice is not None
    assert billing.advice.library == "a plain client with ids of its own"
    assert together(streams.values(), "topic")["bills"].judged == 20


def test_a_service_that_links_elsewhere_may_start_flows_too(store: Store, writer: Writer) -> None:
    for number in range(10):
        writer.put("orders", f"o{number}", service="shop", at_ms=-1_000)
        writer.put("holds", f"h{number}", f"o{number}", service="shop", at_ms=-900)
        writer.put("audit", service="", at_ms=-800)
    writer.done()

    streams = _read(store)

    assert streams["orders", "shop"].role == "starts flows"
    assert "other events of this service have causes" in streams["orders", "shop"].judged
    assert streams["holds", "shop"].grade == "A"
    assert (streams["audit", ""].grade, streams["audit", ""].role) == ("?", "not known")


def test_ambiguous_causes_are_not_exact(store: Store, writer: Writer) -> None:
    for number in range(10):
        writer.put("orders", "twin", service="shop", at_ms=-1_000) if number < 2 else None
        writer.put("bills", f"b{number}", "twin", at_ms=-900)
    writer.done()

    bills = _read(store)["bills", "billing"]

    assert (bills.counts.ambiguous, bills.counts.exact, bills.grade) == (10, 0, "C")


def test_the_trend_compares_with_the_span_before(store: Store, writer: Writer) -> None:
    hour_ms = 3_600_000
    for number in range(10):
        writer.put("orders", f"o{number}", service="shop", at_ms=-hour_ms - 9_000)
        writer.put("bills", f"b{number}", f"o{number}", at_ms=-hour_ms - 8_000)
        writer.put("orders", f"p{number}", service="shop", at_ms=-9_000)
        writer.put("bills", f"c{number}", f"p{number}" if number < 5 else "", at_ms=-8_000)
    writer.done()

    bills = _read(store)["bills", "billing"]

    assert (bills.exact_before, bills.counts.exact_share) == (1, 0.5)
