"""Pictures: nothing lies outside or upon another, and every part is what it stands for."""

from datetime import date, timedelta
from itertools import combinations, permutations

from hypothesis import given
from hypothesis import strategies as st

from collector.detect.story import Moment
from collector.lineage.cascade import Cascade
from collector.lineage.graph import build_graph, critical_path, depths
from collector.report.period import Period
from collector.report.pictures import WIDTH, axis, tree, trend
from collector.words import visible
from schemas.records import Edge, Event, EventRef
from tests.support.incidents import BEGIN, incident, still_open

NOW = BEGIN + timedelta(days=1)
WEEK = Period(date(2026, 11, 16), date(2026, 11, 23))


@given(
    st.lists(st.tuples(st.integers(-7_200, 90_000), st.text(max_size=120)), max_size=20),
    st.integers(0, 86_400),
    st.booleans(),
)
def test_marks_lie_inside_and_their_texts_beside_each_other(
    said: list[tuple[int, str]], lasted_s: int, is_open: bool
) -> None:
    made = still_open() if is_open else incident(mitigated_time=BEGIN + timedelta(seconds=lasted_s))
    moments = [Moment(BEGIN + timedelta(seconds=at), "note", text) for at, text in sorted(said)]

    found = axis(made, moments, NOW)

    assert all(0 <= mark.x <= WIDTH and 0 < mark.y < found.line_y for mark in found.marks)
    assert found.bad_x >= 0
    assert found.bad_x + found.bad_width <= WIDTH + 2
    for one, other in combinations(found.marks, 2):
        if one.y == other.y and one.anchor == other.anchor == "start":
            left, right = sorted((one, other), key=lambda mark: mark.text_x)
            assert left.text_x + 6 * len(left.text) <= right.text_x + 6
    assert len(found.ticks) <= 12


@given(st.lists(st.tuples(st.integers(0, 3_600), st.text("abc ", max_size=30)), max_size=12))
def test_no_line_crosses_the_text_of_a_moment_on_the_same_side(said: list[tuple[int, str]]) -> None:
    moments = [Moment(BEGIN + timedelta(seconds=at), "note", text) for at, text in sorted(said)]

    marks = axis(incident(mitigated_time=BEGIN + timedelta(hours=1)), moments, NOW).marks

    assert [mark.text for mark in marks] == [
        f"{one.time:%H:%M:%S}  {visible(one.text, 90)}" for one in moments
    ]
    for one, other in permutations(marks, 2):
        if one.anchor == other.anchor and other.y < one.y and other.x != one.x:
            assert not one.left < other.x < one.left + one.width


def test_a_trend_is_as_high_as_its_highest_and_a_gap_where_nothing_was_measured() -> None:
    points = [
        (WEEK.before(2), None, 0, "no data", False),
        (WEEK.before(1), 30.0, 2, "30 s", True),
        (WEEK, 60.0, 7, "1 min", True),
    ]
    found = trend("Time", "restore", points, WEEK)

    assert [bar.height for bar in found.bars] == [0, 0.5, 1]
    assert [bar.is_few for bar in found.bars][1:] == [True, False]
    assert [bar.label for bar in found.bars] == ["W45", "W46", "W47"]
    assert not found.is_empty
    assert trend("Time", "restore", points[:1], WEEK).is_empty


def cascade(links: list[tuple[int, int]], kinds: list[int]) -> Cascade:
    refs = [EventRef(f"topic-{kind}", 0, number) for number, kind in enumerate(kinds)]
    events = {
        ref: Event(
            ref=ref, time=BEGIN + timedelta(seconds=number), key=None, type="T", service=f"service-{kinds[number]}",
            source="", message_id="", trace_id="", span_id="", correlation_id="", dead_letter=kinds[number] == 9,
        )
        for number, ref in enumerate(refs)
    }  # fmt: skip
    edges = [Edge(refs[a], refs[b], "caused", "header", 1.0, 1.0) for a, b in links]
    graph = build_graph(events, edges)
    roots = [ref for ref, causes in graph.in_degree() if not causes]
    return Cascade(None, events, edges, graph, roots, depths(graph), critical_path(graph, events), [], False)


@given(st.data())
def test_a_tree_shows_every_kind_once_below_one_that_led_to_it(data: st.DataObject) -> None:
    kinds = data.draw(st.lists(st.integers(0, 9), min_size=1, max_size=25))
    links = [(data.draw(st.integers(0, number - 1)), number) for number in range(1, len(kinds))]

    made = cascade(links, kinds)
    found = tree(made)

    assert found.events == len(kinds)
    assert len(found.rows) + found.more == len(set(kinds))
    assert {row.topic for row in found.rows} <= {f"topic-{kind}" for kind in kinds}
    led_to = {(f"topic-{kinds[a]}", f"topic-{kinds[b]}") for a, b in links}
    for number, row in enumerate(found.rows):
        assert row.parent < number
        if row.parent >= 0:
            assert row.depth == found.rows[row.parent].depth + 1
            assert (found.rows[row.parent].topic, row.topic) in led_to
        assert (row.state == "dead") == (row.topic == "topic-9")
