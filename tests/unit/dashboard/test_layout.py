"""Cards never overlap, effects are right of their causes, and the same graph lands in the same places."""

import time
from itertools import pairwise
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.layout import Grid, Placed, place

GRID = Grid()
Edges = list[tuple[str, str]]


@st.composite
def graphs(draw: st.DrawFn, acyclic: bool = False) -> tuple[list[str], Edges]:
    count = draw(st.integers(1, 24))
    ids = [f"n{number}" for number in range(count)]
    pairs = draw(st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), max_size=50))
    if acyclic:
        pairs = [(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]]
    return ids, [(ids[a], ids[b]) for a, b in pairs]


def _overlaps(placed: Placed) -> list[tuple[str, str]]:
    columns: dict[float, list[tuple[float, str]]] = {}
    for id_, (x, y) in placed.corners.items():
        columns.setdefault(x, []).append((y, id_))
    found = []
    for column in columns.values():
        for (above, one), (below, other) in pairwise(sorted(column)):
            if below - above < GRID.card_height:
                found.append((one, other))
    return found


@given(graphs())
@settings(max_examples=150, deadline=None)
def test_no_card_overlaps_another_whatever_the_graph(graph: tuple[list[str], Edges]) -> None:
    placed = place(*graph, strong=graph[0][:3])

    assert set(placed.corners) == set(graph[0])
    assert _overlaps(placed) == []


@given(graphs(acyclic=True))
@settings(max_examples=150, deadline=None)
def test_every_effect_is_right_of_its_cause(graph: tuple[list[str], Edges]) -> None:
    placed = place(*graph)

    assert placed.backward == set()
    for cause, effect in graph[1]:
        assert placed.corners[effect][0] >= placed.corners[cause][0] + GRID.card_width + GRID.gap_x


@given(graphs())
@settings(max_examples=60, deadline=None)
def test_loops_are_broken_and_only_their_edges_run_backwards(graph: tuple[list[str], Edges]) -> None:
    placed = place(*graph)

    for cause, effect in graph[1]:
        if cause != effect:
            rightwards = placed.corners[effect][0] > placed.corners[cause][0]
            assert rightwards == ((cause, effect) not in placed.backward)


@given(graphs())
@settings(max_examples=60, deadline=None)
def test_the_same_graph_lands_in_the_same_places(graph: tuple[list[str], Edges]) -> None:
    assert place(*graph) == place(*graph)


@given(graphs())
@settings(max_examples=100, deadline=None)
def test_way_points_stand_between_the_ends_in_the_order_of_the_edge(graph: tuple[list[str], Edges]) -> None:
    placed = place(*graph)

    for (cause, effect), route in placed.routes.items():
        xs = [placed.corners[cause][0], *(x for x, _ in route), placed.corners[effect][0]]
        assert xs == sorted(xs, reverse=(cause, effect) in placed.backward)


@given(graphs())
@settings(max_examples=100, deadline=None)
def test_no_way_point_stands_on_a_card(graph: tuple[list[str], Edges]) -> None:
    placed = place(*graph)

    for route in placed.routes.values():
        for x, y in route:
            on = [
                id_
                for id_, (left, top) in placed.corners.items()
                if left <= x <= left + GRID.card_width and top < y < top + GRID.card_height
            ]
            assert on == []


def test_the_way_to_the_failure_is_straight_and_on_top() -> None:
    path = ["root", "retry", "dead"]
    leaves = [f"leaf{number}" for number in range(9)]
    edges = [("root", leaf) for leaf in leaves] + [("root", "retry"), ("retry", "dead")]
    placed = place(["root", *leaves, "retry", "dead"], edges, strong=path)

    heights = [placed.corners[id_][1] for id_ in path]
    assert max(heights) - min(heights) < GRID.card_height
    assert placed.corners["retry"][1] < min(placed.corners[leaf][1] for leaf in leaves)


def test_a_crossing_that_can_be_removed_is_removed() -> None:
    placed = place(["a", "b", "c", "d"], [("a", "d"), ("b", "c"), ("a", "c2"), ("a", "d")])

    assert (placed.corners["a"][1] < placed.corners["b"][1]) == (
        placed.corners["d"][1] < placed.corners["c"][1]
    )


def test_an_event_with_two_causes_stands_right_of_the_later_rank() -> None:
    placed = place(["r", "a", "b", "join"], [("r", "a"), ("a", "b"), ("b", "join"), ("r", "join")])

    assert placed.ranks == {"r": 0, "a": 1, "b": 2, "join": 3}
    assert len(placed.routes["r", "join"]) == 2


def test_a_second_root_stands_beside_its_first_effect() -> None:
    placed = place(["r", "a", "b", "late", "c"], [("r", "a"), ("a", "b"), ("b", "c"), ("late", "c")])

    assert placed.ranks["late"] == 2


def test_nothing_is_nothing() -> None:
    assert place([], []) == Placed({}, {}, {}, set())


def test_ten_thousand_events_take_less_than_a_second_of_computing() -> None:
    random = Random(1)
    ids = [f"e{number}" for number in range(10_000)]
    edges = [(ids[int(random.random() ** 1.5 * number)], ids[number]) for number in range(1, 10_000)]
    edges += [
        (ids[random.randrange(number)], ids[number]) for number in random.sample(range(1, 10_000), 1_000)
    ]
    start = time.process_time()

    placed = place(ids, edges)

    assert time.process_time() - start < 1.5
    assert _overlaps(placed) == []


def test_a_loop_is_broken_at_its_lightest_edge() -> None:
    edges = [("a", "b"), ("b", "c"), ("c", "a")]
    placed = place(["b", "c", "a"], edges, weights={edges[0]: 1, edges[1]: 0.05, edges[2]: 1})

    assert placed.backward == {("b", "c")}
