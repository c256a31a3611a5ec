"""Cascades as graphs: always a DAG, whatever the edges claim."""

import itertools
from datetime import UTC, datetime, timedelta

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from collector.lineage.graph import build_graph, critical_path, depths, fan_out
from schemas.records import Edge, Event, EventRef

START = datetime(2026, 11, 23, 10, tzinfo=UTC)


def event(offset: int, after_ms: int = 0) -> Event:
    return Event(
        ref=EventRef("t", 0, offset),
        time=START + timedelta(milliseconds=after_ms),
        key=None,
        type="",
        service="",
        source="",
        message_id="",
        trace_id="",
        span_id="",
        correlation_id="",
        dead_letter=False,
    )


def edge(cause: int, effect: int, confidence: float = 1.0) -> Edge:
    return Edge(EventRef("t", 0, cause), EventRef("t", 0, effect), "caused", "header", confidence, 0.0)


def offsets(refs: list[EventRef]) -> list[int]:
    return [ref.offset for ref in refs]


def test_the_critical_path_goes_by_the_cause_that_came_last() -> None:
    events = {e.ref: e for e in (event(0, 0), event(1, 50), event(2, 10), event(3, 90), event(4, 20))}
    graph = build_graph(events, [edge(0, 1), edge(0, 2), edge(1, 3), edge(2, 3), edge(0, 4)])

    assert offsets(critical_path(graph, events)) == [0, 1, 3]
    assert {ref.offset: depth for ref, depth in depths(graph).items()} == {0: 0, 1: 1, 2: 1, 3: 2, 4: 1}
    assert fan_out(graph) == (3, EventRef("t", 0, 0))


def test_of_a_ring_the_least_sure_edge_is_left_out() -> None:
    events = {e.ref: e for e in (event(0, 0), event(1, 1), event(2, 2))}
    graph = build_graph(events, [edge(0, 1), edge(1, 2, 0.5), edge(2, 0)])

    assert [(e.cause.offset, e.effect.offset) for e in graph.graph["loops"]] == [(1, 2)]


def test_of_an_equally_sure_ring_the_edge_back_in_time_is_left_out() -> None:
    events = {e.ref: e for e in (event(0, 0), event(1, 1))}

    graph = build_graph(events, [edge(0, 1), edge(1, 0)])

    assert list(graph.edges) == [(EventRef("t", 0, 0), EventRef("t", 0, 1))]


def test_nothing_at_all_is_a_cascade_too() -> None:
    graph = build_graph({}, [])

    assert (critical_path(graph, {}), depths(graph), fan_out(graph)) == ([], {}, (0, None))


CLAIMS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.sampled_from([0.5, 1.0])), max_size=30)


@given(CLAIMS, st.lists(st.integers(0, 5), min_size=10, max_size=10))
def test_any_claims_make_a_dag_that_keeps_what_it_can(
    claims: list[tuple[int, int, float]], times: list[int]
) -> None:
    events = {e.ref: e for e in (event(offset, after_ms) for offset, after_ms in enumerate(times))}
    edges = [edge(cause, effect, confidence) for cause, effect, confidence in claims]

    graph = build_graph(events, edges)

    assert nx.is_directed_acyclic_graph(graph)
    assert set(graph) == set(events)
    claimed = {(e.cause, e.effect) for e in edges if e.cause != e.effect}
    left_out = {(e.cause, e.effect) for e in graph.graph["loops"]}
    assert set(graph.edges) | left_out == claimed
    path = critical_path(graph, events)
    assert all(graph.has_edge(cause, effect) for cause, effect in itertools.pairwise(path))
    assert graph.in_degree(path[0]) == 0
    assert all(depths(graph)[effect] > depths(graph)[cause] for cause, effect in graph.edges)
