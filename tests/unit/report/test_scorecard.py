"""Habits are judged by what was observed, and what could not be observed is unknown."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.report.scorecard import Finding, Habits, Wire, cards, compare
from schemas.incidents import Deployment
from tests.support.incidents import BEGIN, cause, incident

START, END = BEGIN - timedelta(days=6), BEGIN + timedelta(days=1)
WATCHED = (START, END)
GOOD = Wire(events=1_000, copies=0, schema_ids=1_000, message_ids=1_000, outbox_ids=1_000, claims=1_000)


def habits(**more: object) -> Habits:
    made = Habits(
        since=START, until=END, wire={"s": GOOD}, order={}, duplicates={}, dead_letters={}, linked={}
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


def finding(habit: str, **more: object) -> Finding:
    found = cards(habits(**more), [], [], START, END, WATCHED)
    return next(card for card in found if card.service == "s").habits[habit].finding  # type: ignore[index]


@pytest.mark.parametrize(
    ("schema_ids", "found"),
    [(1_000, "in place"), (950, "in place"), (949, "partly"), (50, "partly"), (49, "not in place")],
)
def test_a_registry_is_in_place_where_records_name_their_schema(schema_ids: int, found: Finding) -> None:
    assert finding("registry", wire={"s": replace(GOOD, schema_ids=schema_ids)}) == found


def test_few_records_say_nothing() -> None:
    few = replace(GOOD, events=60, copies=11, schema_ids=49, outbox_ids=49)

    for habit in ("registry", "outbox", "linkable"):
        assert finding(habit, wire={"s": few}) == "unknown"


def test_copies_tell_of_who_wrote_the_original() -> None:
    dead_letters = replace(GOOD, events=1_000, copies=900, schema_ids=1_000)

    assert finding("registry", wire={"s": dead_letters}) == "in place"
    assert finding("linkable", wire={"s": dead_letters}, linked={"s": 100}) == "in place"


def test_an_outbox_without_ids_is_unknown_and_one_out_of_order_is_partly() -> None:
    assert finding("outbox", wire={"s": replace(GOOD, outbox_ids=0)}) == "unknown"
    assert finding("outbox") == "in place"
    assert finding("outbox", order={"s": (1_000, 10)}) == "in place"
    assert finding("outbox", order={"s": (1_000, 11)}) == "partly"


def test_idempotence_is_only_seen_where_duplicates_came() -> None:
    assert finding("idempotent") == "unknown"
    assert finding("idempotent", duplicates={"s": (4, 0, "t/0/1")}) == "unknown"
    assert finding("idempotent", duplicates={"s": (5, 0, "t/0/1")}) == "in place"
    assert finding("idempotent", duplicates={"s": (5, 1, "t/0/1")}) == "not in place"


def test_a_route_is_seen_when_it_is_used_and_missed_when_a_consumer_stalls() -> None:
    stalled = incident(service="s", kind="consumer_stalled")

    assert finding("dead_letter_route") == "unknown"
    assert finding("dead_letter_route", dead_letters={"s": (3, "t.dlq/0/1")}) == "in place"
    found = cards(habits(), [stalled], [], START, END, WATCHED)
    assert found[0].habits["dead_letter_route"].finding == "not in place"


def test_lineage_of_who_claims_nothing_is_unknown() -> None:
    assert finding("linkable", linked={"s": 960}) == "in place"
    assert finding("linkable", linked={"s": 400}) == "partly"
    assert finding("linkable") == "not in place"
    assert finding("linkable", wire={"s": replace(GOOD, claims=0)}) == "unknown"


def test_an_incident_concerns_who_failed_and_who_most_likely_caused_it() -> None:
    blamed = cause(timedelta(minutes=5), 0.9, service="orders")
    deployed = [Deployment("orders", "1", BEGIN - timedelta(minutes=5), "webhook")]

    found = cards(habits(), [incident(causes=(blamed,))], deployed, START, END, WATCHED)

    assert {card.service: len(card.incidents) for card in found} == {"inventory": 1, "orders": 1, "s": 0}
    assert {card.service: card.deployments_per_week for card in found} == {
        "inventory": None,
        "orders": 1,
        "s": None,
    }


def test_rates_of_an_unwatched_time_are_not_given() -> None:
    deployed = [Deployment("s", "1", BEGIN, "webhook")]
    card = cards(habits(), [], deployed, START, END, None)[0]

    assert (card.deployments_per_week, card.drift_per_quarter) == (None, None)


@given(st.lists(st.sampled_from(["all", "some", "unknown"]), max_size=12))
def test_every_service_is_with_without_or_unknown(kinds: list[str]) -> None:
    wire = {f"{kind}-{number}": GOOD for number, kind in enumerate(kinds)}
    duplicates = {
        name: (9, 0 if name.startswith("all") else 3, "t/0/1")
        for name in wire
        if not name.startswith("unknown")
    }
    found = cards(habits(wire=wire, duplicates=duplicates), [], [], START, END, WATCHED)

    together = compare(found)[0]

    assert len(together.having.services) == kinds.count("all")
    assert len(together.lacking.services) == kinds.count("some")
    assert len(together.unknown) == kinds.count("unknown")
