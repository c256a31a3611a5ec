"""The two pictures of a cascade."""

from datetime import UTC, datetime, timedelta
from typing import Any

from collector.lineage.cascade import Cascade
from collector.lineage.graph import build_graph, critical_path, depths
from dashboard.draw_cascade import fall_data, graph_data, prepare
from schemas.records import Edge, Event, EventRef

START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def _event(name: str, at_ms: int, **more: Any) -> Event:
    time = START + timedelta(milliseconds=at_ms)
    facts: dict[str, Any] = {
        "ref": EventRef(name, 0, 1), "time": time, "key": "k", "type": name.title(),
        "service": "svc", "source": "", "message_id": "", "trace_id": "", "span_id": "", "correlation_id": "",
        "dead_letter": False,
    }  # fmt: skip
    return Event(**facts | more)


def _edge(cause: Event, effect: Event, **more: Any) -> Edge:
    facts: dict[str, Any] = {
        "cause": cause.ref, "effect": effect.ref, "relation": "caused", "evidence": "header", "confidence": 1.0,
        "latency_ms": (effect.time - cause.time).total_seconds() * 1000, "name": "id:1",
    }  # fmt: skip
    return Edge(**facts | more)


def _cascade(events: list[Event], edges: list[Edge], orphans: list[EventRef] | None = None) -> Cascade:
    by_ref = {event.ref: event for event in events}
    graph = build_graph(by_ref, edges)
    roots = [ref for ref, causes in graph.in_degree() if not causes]
    return Cascade(
        None, by_ref, edges, graph, roots, depths(graph), critical_path(graph, by_ref), orphans or [], False
    )


def _failing() -> Cascade:
    root, side = _event("root", 0), _event("side", 20)
    first, second = _event("retry1", 100), _event("retry2", 900)
    dead = _event("dlq", 2_000, dead_letter=True)
    edges = [
        _edge(root, side),
        _edge(root, first, relation="retried"),
        _edge(first, second, relation="retried", evidence="context", confidence=0.5),
        _edge(second, dead, relation="dead_lettered", evidence="inferred", confidence=0.84),
    ]
    return _cascade([root, side, first, second, dead], edges)


def _cards(cascade: Cascade, **more: Any) -> dict[str, dict[str, Any]]:
    data = graph_data(prepare(cascade, **more), graph_id="g", scope="s", height=1)
    return {node["title"]: node for node in data["nodes"]}


def test_the_way_to_the_failure_is_hot_and_the_rest_is_not() -> None:
    cards = _cards(_failing())

    assert [title for title, card in cards.items() if card["hot"]] == ["Root", "Retry1", "Retry2", "Dlq"]
    assert [cards[title]["badge"] for title in ("Retry1", "Retry2", "Dlq", "Side")] == [
        "RETRY 1",
        "RETRY 2",
        "DEAD LETTER",
        "",
    ]


def test_uncertain_edges_show_their_confidence_and_their_reason() -> None:
    data = graph_data(prepare(_failing()), graph_id="g", scope="s", height=1)
    by_end = {edge["to"].partition("/")[0]: edge for edge in data["edges"]}

    assert (by_end["dlq"]["kind"], by_end["dlq"]["label"]) == ("inferred", "0.84")
    assert "Nothing on the wire says so" in by_end["dlq"]["tip"]
    assert (by_end["retry2"]["kind"], by_end["retry2"]["label"]) == ("ambiguous", "0.50")
    assert "2 events answer to that name" in by_end["retry2"]["tip"]
    assert (by_end["side"]["kind"], by_end["side"]["label"]) == ("caused", "")


def test_without_a_failure_the_critical_path_is_marked() -> None:
    root, quick, slow, last = _event("root", 0), _event("quick", 5), _event("slow", 50), _event("last", 90)
    cards = _cards(
        _cascade([root, quick, slow, last], [_edge(root, quick), _edge(root, slow), _edge(slow, last)])
    )

    assert [title for title, card in cards.items() if card["critical"]] == ["Root", "Slow", "Last"]
    assert not any(card["hot"] for card in cards.values())


def test_an_orphan_says_that_its_cause_was_not_seen() -> None:
    event = _event("refund", 0, claims_cause=True)

    assert _cards(_cascade([event], [], [event.ref]))["Refund"]["badge"] == "CAUSE NOT SEEN"


def test_the_waterfall_puts_effects_under_their_cause_and_bars_from_it() -> None:
    rows = fall_data(prepare(_failing()), fall_id="f", scope="s", height=1)["rows"]

    assert [(row["title"], row["depth"]) for row in rows] == [
        ("Root", 0), ("Side", 1), ("Retry1", 1), ("Retry2", 2), ("Dlq", 3),
    ]  # fmt: skip
    assert [(row["from"], row["to"], row["note"]) for row in rows[2:4]] == [
        (0, 100, "100 ms"),
        (100, 900, "800 ms"),
    ]


def test_a_fan_out_is_one_row_from_its_first_to_its_last_event() -> None:
    root = _event("root", 0)
    leaves = [_event(f"leaf{number}", 10 * number + 10, type="Leaf") for number in range(12)]
    data = fall_data(
        prepare(_cascade([root, *leaves], [_edge(root, leaf) for leaf in leaves])),
        fall_id="f",
        scope="s",
        height=1,
    )

    assert data["count"] == "13 events in 2 rows"
    group = data["rows"][1]
    assert (group["from"], group["to"], group["note"]) == (10, 120, "over 110 ms")
    assert group["title"].startswith("12 ")


def test_hostile_names_leave_without_control_characters() -> None:
    event = _event("root", 0, type="\x1b[31m\u202eevil", service="<script>")
    (card,) = _cards(_cascade([event], [])).values()

    assert card["title"] == "\\x1b[31m⟨U+202E⟩evil"
    assert "\x1b" not in card["tip"]
