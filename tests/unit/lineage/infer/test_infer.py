"""What guesses keep to, whatever the events are."""

from dataclasses import replace

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.lineage.infer import Events, expected_error, infer

WORDS = st.sampled_from(["", "a", "b", "c"])
ROW = st.tuples(st.integers(0, 400), WORDS, WORDS, WORDS, WORDS, WORDS, WORDS, st.booleans())


def events_of(rows: list[tuple[int, str, str, str, str, str, str, bool]]) -> Events:
    columns = list(zip(*rows, strict=True))
    time, topic, producer, reader, trace, key, span, root = columns
    return Events(
        time_ms=[float(at) for at in time],
        topic=[f"topic {name}" for name in topic],
        producer=producer,
        reader=reader,
        trace=trace,
        key=key,
        span=span,
        root=root,
    )


@given(st.lists(ROW, min_size=1, max_size=60), st.data())
def test_guesses_are_no_ring_never_about_roots_or_known_effects_and_sum_to_one(
    rows: list[tuple[int, str, str, str, str, str, str, bool]], data: st.DataObject
) -> None:
    events = events_of(rows)
    numbers = st.integers(0, len(rows) - 1)
    pairs = data.draw(st.lists(st.tuples(numbers, numbers), max_size=15, unique_by=lambda pair: pair[0]))
    exact = [(effect, cause) for effect, cause in pairs if rows[cause][0] < rows[effect][0]]

    found = infer(events, exact)

    graph = nx.DiGraph((listed[0].cause, effect) for effect, listed in found.candidates.items())
    graph.add_edges_from((cause, effect) for effect, cause in exact)
    assert nx.is_directed_acyclic_graph(graph)
    for effect, listed in found.candidates.items():
        assert not rows[effect][-1]
        assert effect not in {known for known, _ in exact}
        assert all(0 <= one.confidence <= 1 and one.reason and one.cause != effect for one in listed)
        assert sum(one.confidence for one in listed) <= 1 + 1e-9


@settings(max_examples=15)
@given(st.integers(0, 1000))
def test_the_order_in_which_events_are_given_does_not_matter(seed: int) -> None:
    events = orders(40)
    order = np.random.default_rng(seed).permutation(len(events))
    shuffled = replace(
        events,
        time_ms=[events.time_ms[row] for row in order],
        topic=[events.topic[row] for row in order],
        producer=[events.producer[row] for row in order],
        trace=[events.trace[row] for row in order],
    )

    found = infer(shuffled)

    causes = {int(order[effect]): int(order[listed[0].cause]) for effect, listed in found.candidates.items()}
    assert causes == {effect: listed[0].cause for effect, listed in infer(events).candidates.items()}


def orders(count: int) -> Events:
    """Order → payment → shipment, one trace each, none names its cause; the orders overlap."""
    places = [("orders", 0, "web"), ("payments", 130, "pay"), ("shipments", 500, "ship")]
    rows = [
        (300.0 * number + after + number % 9, topic, service, f"trace {number}")
        for number in range(count)
        for topic, after, service in places
    ]
    time, topic, producer, trace = zip(*rows, strict=True)
    return Events(time_ms=time, topic=topic, producer=producer, trace=trace)


def test_without_evidence_the_closest_necessary_predecessor_is_named_with_a_reason() -> None:
    found = infer(orders(30))

    for order in range(30):
        row = 3 * order
        assert row not in found.candidates
        assert found.candidates[row + 1][0].cause == row
        assert found.candidates[row + 2][0].cause == row + 1
    reason = found.candidates[4][0].reason
    assert reason.startswith("same trace; payments usually follows orders after 1")
    assert "p90" in reason
    assert reason.endswith("the only candidate")


def test_evidence_about_the_kind_goes_before_what_is_closest() -> None:
    events = orders(30)
    exact = [
        (3 * order + 2, 3 * order) for order in range(20)
    ]  # shipments come from orders, not from payments

    found = infer(events, exact)

    assert {found.candidates[3 * order + 2][0].cause - 3 * order for order in range(20, 30)} == {0}


def test_of_several_causes_in_a_trace_each_effect_gets_its_own() -> None:
    """Three items of one order are reserved at once and paid in turn: the latest would be wrong for two of them."""
    rows = []
    for order in range(40):
        for item in range(3):
            rows.append((1_000.0 * order + 100 * item, "reserved", "stock", f"trace {order}"))
        for item in range(3):
            rows.append((1_000.0 * order + 100 * item + 250, "paid", "pay", f"trace {order}"))
    time, topic, producer, trace = zip(*rows, strict=True)
    exact = [(6 * order + 3 + item, 6 * order + item) for order in range(20) for item in range(3)]

    found = infer(Events(time_ms=time, topic=topic, producer=producer, trace=trace), exact)

    for order in range(20, 40):
        for item in range(3):
            assert found.candidates[6 * order + 3 + item][0].cause == 6 * order + item


def test_a_constant_as_trace_id_is_no_reason_to_hang_or_to_be_sure() -> None:
    count = 4_000
    chance = np.random.default_rng(0)
    events = Events(
        time_ms=np.sort(chance.uniform(0, 1e6, count)),
        topic=chance.choice(["a", "b"], count).tolist(),
        producer=["s"] * count,
        trace=["4bf92f3577b34da6a3ce929d0e0e4736"] * count,
    )

    assert infer(events).candidates == {}  # nothing follows sooner than chance would have it


@pytest.mark.parametrize("rows", [0, 1])
def test_nothing_comes_of_nothing(rows: int) -> None:
    assert infer(Events(time_ms=[0.0] * rows, topic=["a"] * rows, producer=["s"] * rows)).candidates == {}


def test_the_expected_error_is_the_distance_between_said_and_seen() -> None:
    said = np.array([0.95] * 10 + [0.55] * 10)
    right = np.array([True] * 9 + [False] + [True] * 5 + [False] * 5)

    assert expected_error(said, right) == pytest.approx(0.05)
