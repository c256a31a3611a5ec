"""Guesses in the store: they never displace evidence, and go when it comes, in whatever order both are written."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pyarrow as pa
import pytest

from collector.storage.api import Store
from schemas import arrow

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
GUESSED = NOW - timedelta(days=36_525)
LONG_AGO = {"since": datetime(2000, 1, 1, tzinfo=UTC)}


def edge(cause: int, evidence: str, linked: datetime) -> dict[str, Any]:
    return {
        "effect_topic": "b", "effect_partition": 0, "effect_offset": 0,
        "cause_topic": "a", "cause_partition": 0, "cause_offset": cause,
        "relation": "caused", "evidence": evidence, "confidence": 0.5, "name": "why",
        "cause_time": NOW, "effect_time": NOW, "cause_service": "", "effect_service": "",
        "cause_type": "", "effect_type": "", "linked_time": linked,
    }  # fmt: skip


def write(store: Store, rows: list[dict[str, Any]]) -> None:
    store.insert("edges", pa.Table.from_pylist(rows, schema=arrow.EDGES), token=str(rows))


def causes(store: Store) -> list[tuple[int, str]]:
    found = {"topics": ["b"], "partitions": [0], "offsets": [0], "edges_max": 9}
    seen = [(row["cause_offset"], row["evidence"]) for row in store.query("cascade_causes", found)]
    by_cause = {"topics": ["a"] * 3, "partitions": [0] * 3, "offsets": [0, 1, 2], "edges_max": 9}
    assert sorted(seen) == sorted(
        (row["cause_offset"], row["evidence"]) for row in store.query("cascade_effects", by_cause)
    )
    return sorted(seen)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_evidence_outlives_a_guess_whichever_is_written_last(store: Store, order: tuple[int, ...]) -> None:
    steps = [
        lambda: write(store, [edge(0, "inferred", GUESSED), edge(1, "inferred", GUESSED)]),
        lambda: write(store, [edge(1, "header", NOW)]),
        lambda: store.execute("infer_supersede", LONG_AGO),
    ]

    for step in order:
        steps[step]()
    store.execute("infer_supersede", LONG_AGO)

    assert causes(store) == [(1, "header")]


def test_a_guess_stays_while_there_is_no_evidence(store: Store) -> None:
    write(store, [edge(0, "inferred", GUESSED)])
    store.execute("infer_supersede", LONG_AGO)

    assert causes(store) == [(0, "inferred")]


def test_candidates_are_those_of_the_latest_look_without_the_drawn_one(store: Store) -> None:
    def offer(*offsets: int, at: datetime) -> None:
        rows = [edge(offset, "inferred", at) | {"inferred_time": at} for offset in offsets]
        store.insert(
            "edge_candidates",
            pa.Table.from_pylist(rows, schema=arrow.EDGE_CANDIDATES),
            token=str((offsets, at)),
        )

    def offered() -> set[int]:
        rows = store.query("edge_candidates_of", {"topic": "b", "partition": 0, "offset": 0, "rows_max": 9})
        return {row["cause_offset"] for row in rows}

    offer(0, 1, 7, at=NOW)
    assert offered() == {0, 1, 7}
    offer(0, 1, 2, at=NOW + timedelta(seconds=1))
    assert offered() == {0, 1, 2}
    write(store, [edge(0, "inferred", GUESSED)])
    assert offered() == {1, 2}
    write(store, [edge(5, "span", NOW)])
    assert offered() == set()
