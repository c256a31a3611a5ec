"""What is said of events that share a name, whatever they look like: no rings, no order, no more than is known."""

import random

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from collector.lineage.shared_names import SHARED_MAX, Sharer, copies_among, doubtful_contexts
from schemas.records import EventRef

TOPICS = ("orders", "eu.orders", "us.eu.orders", "orders-retry-0", "orders-dlt", "eu.orders-dlt", "invoices")
NAMES = ("id:a", "span:t-s")


@st.composite
def sharers(draw: st.DrawFn) -> list[Sharer]:
    places = st.tuples(st.sampled_from(TOPICS), st.integers(0, 1), st.integers(0, 5))
    found = []
    for topic, partition, offset in draw(st.lists(places, min_size=1, max_size=SHARED_MAX, unique=True)):
        time_ms = draw(st.integers(0, 3))
        found.append(
            Sharer(
                ref=EventRef(topic, partition, offset),
                time_ms=time_ms,
                record_timestamp_ms=time_ms,
                appended=draw(st.booleans()),
                origin=draw(st.sampled_from(["", "", "", "event:x/0/0"])),
                key_hex=draw(st.sampled_from(["", "61"])),
                value_size_bytes=2,
                shape_id=1,
                message_id=draw(st.sampled_from(["a", "a", ""])),
                context="t-s",
                claims_context=draw(st.booleans()),
            )
        )
    return found


@given(sharers(), st.sampled_from(NAMES), st.integers())
def test_copies_form_no_ring_and_do_not_depend_on_the_order(
    found: list[Sharer], name: str, seed: int
) -> None:
    copies = copies_among(name, found)

    shuffled = list(found)
    random.Random(seed).shuffle(shuffled)
    assert sorted(copies_among(name, shuffled), key=str) == sorted(copies, key=str)
    graph = nx.DiGraph([(copy.cause, copy.effect) for copy in copies])
    assert nx.is_directed_acyclic_graph(graph)
    assert all(copy.cause != copy.effect for copy in copies)


@given(sharers(), st.sampled_from(NAMES))
def test_an_exact_copy_has_one_origin_and_is_alike(found: list[Sharer], name: str) -> None:
    events = {one.ref: one for one in found}
    shares: dict[EventRef, float] = {}
    for copy in copies_among(name, found):
        assert events[copy.cause].likeness == events[copy.effect].likeness
        assert events[copy.effect].origin == ""
        shares[copy.effect] = shares.get(copy.effect, 0.0) + copy.confidence
    assert all(abs(share - 1) < 1e-9 for share in shares.values())


@given(sharers(), st.sampled_from(NAMES))
def test_a_claim_is_no_fact_where_two_events_have_the_context_that_made_it(
    found: list[Sharer], name: str
) -> None:
    copies = copies_among(name, found)
    doubtful = doubtful_contexts(name, found, copies)

    assert not doubtful.keys() & {copy.effect for copy in copies}
    assert all(share <= 0.5 for share in doubtful.values())
    if name.startswith("id:"):
        assert doubtful == {}


def test_more_events_than_a_name_can_have_are_no_copies() -> None:
    many = [
        Sharer(EventRef("orders", 0, offset), offset, offset, False, "", "", 2, 1, "a", "t-s")
        for offset in range(SHARED_MAX + 1)
    ]

    assert len(copies_among("id:a", many[:-1])) == SHARED_MAX - 1
    assert copies_among("id:a", many) == []


def test_what_comes_again_after_it_was_a_dead_letter_was_sent_again() -> None:
    places = [("orders", 0), ("orders-dlt", 1), ("orders", 2)]
    events = [Sharer(EventRef(topic, 0, at), at, at, False, "", "", 2, 1, "a", "t-s") for topic, at in places]

    relations = {copy.effect: copy.relation for copy in copies_among("id:a", events)}

    assert relations == {EventRef("orders-dlt", 0, 1): "dead_lettered", EventRef("orders", 0, 2): "redriven"}
