"""Loose edges become a list of cascades."""

from typing import Any

import pyarrow as pa

from dashboard.group_cascades import summarize


def _table(*edges: tuple[int, int, int, int, str]) -> pa.Table:
    rows: list[dict[str, Any]] = [
        {"cause": cause, "effect": effect, "cause_ms": start, "effect_ms": end, "topic": f"t{cause}", "partition": 0,
         "offset": cause, "type": f"T{cause}", "service": "s", "effect_topic": f"t{effect}", "relation": relation}
        for cause, effect, start, end, relation in edges
    ]  # fmt: skip
    return pa.Table.from_pylist(rows)


def test_connected_edges_are_one_cascade_with_its_root() -> None:
    found = summarize(
        _table(
            (1, 2, 0, 10, "caused"),
            (2, 3, 10, 40, "retried"),
            (7, 8, 5, 6, "caused"),
            (1, 3, 0, 40, "caused"),
        ),
        {3},
    )

    by_root = {item.root.topic: item for item in found}
    assert set(by_root) == {"t1", "t7"}
    first = by_root["t1"]
    assert (first.events, first.topics, first.duration_ms, first.dead_letters, first.retries) == (
        3,
        3,
        40,
        1,
        1,
    )
    assert (first.roots, first.type, by_root["t7"].dead_letters) == (1, "T1", 0)


def test_two_roots_of_one_cascade_are_counted_and_the_older_stands_for_it() -> None:
    (found,) = summarize(_table((5, 9, 20, 30, "caused"), (4, 9, 10, 30, "caused")), set())

    assert (found.root.topic, found.roots, found.events) == ("t4", 2, 3)


def test_a_loop_has_a_name_all_the_same() -> None:
    (found,) = summarize(_table((1, 2, 5, 6, "caused"), (2, 1, 6, 7, "caused")), set())

    assert (found.root.topic, found.roots) == ("t1", 1)


def test_no_edges_are_no_cascades() -> None:
    assert summarize(_table((1, 2, 0, 1, "caused")).slice(0, 0), set()) == []
