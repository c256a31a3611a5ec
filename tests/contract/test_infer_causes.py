"""The search for causes on the real engine: guesses where nothing is said, none where something is, again and again."""

from datetime import timedelta
from typing import Any

import pytest

from collector.lineage.infer_causes import InferCauses
from collector.lineage.link import link_batches
from collector.storage.api import Store
from tests.support.rows import TIME, events_table

NOW = TIME + timedelta(minutes=5)
FLOWS = 30


def flow(number: int, *, verdict_says: bool = False) -> list[dict[str, Any]]:
    """Order → (reserved, verdict); reserved → captured. Only `captured` names its cause; `verdict` may."""
    start = TIME + timedelta(seconds=2 * number)
    trace = f"{number + 1:032x}"
    common = {"offset": number, "trace_id": trace, "observed_time": start, "batch": 1}
    places = [
        ("orders", 0, "web"),
        ("reserved", 100, "stock"),
        ("verdicts", 150, "fraud"),
        ("captured", 300, "pay"),
    ]
    rows = [
        common
        | {"topic": topic, "service": service, "time": start + timedelta(milliseconds=after + number % 7)}
        for topic, after, service in places
    ]
    rows[1]["names"] = [f"id:r{number}"]
    rows[3]["references"] = [(f"id:r{number}", "caused", "header")]
    if verdict_says:
        rows[0]["names"] = [f"id:o{number}"]
        rows[2]["references"] = [(f"id:o{number}", "caused", "header")]
    return rows


def write(store: Store, rows: list[dict[str, Any]], batch: int = 1) -> None:
    store.insert("events", events_table([row | {"batch": batch} for row in rows]), token=f"batch {batch}")
    link_batches(store, [batch])


def causes_of(store: Store, topic: str, offset: int) -> list[tuple[str, int, str]]:
    found = {"topics": [topic], "partitions": [0], "offsets": [offset], "edges_max": 9}
    rows = store.query("cascade_causes", found)
    return [(row["cause_topic"], row["cause_offset"], row["evidence"]) for row in rows]


def test_what_nothing_explains_gets_a_guess_with_a_reason_and_evidence_stays(store: Store) -> None:
    write(store, [row for number in range(FLOWS) for row in flow(number)])

    for _ in range(3):  # looking again changes nothing
        InferCauses(store).step(NOW)

        assert causes_of(store, "orders", 5) == []
        assert causes_of(store, "reserved", 5) == [("orders", 5, "inferred")]
        assert causes_of(store, "verdicts", 5)[0][2] == "inferred"
        assert causes_of(store, "captured", 5) == [("reserved", 5, "header")]
    row = store.query(
        "cascade_causes", {"topics": ["reserved"], "partitions": [0], "offsets": [5], "edges_max": 9}
    )[0]
    assert row["name"].startswith("same trace; reserved usually follows orders after")
    assert 0.6 <= row["confidence"] < 1


def test_a_guess_goes_when_evidence_comes(store: Store) -> None:
    write(store, [row for number in range(FLOWS) for row in flow(number)])
    InferCauses(store).step(NOW)
    guessed = causes_of(store, "verdicts", 5)
    assert [evidence for _, _, evidence in guessed] == ["inferred"]

    write(store, [row | {"observed_time": NOW} for row in flow(5, verdict_says=True)], batch=2)
    InferCauses(store).step(NOW + timedelta(seconds=5))

    assert causes_of(store, "verdicts", 5) == [("orders", 5, "header")]


@pytest.mark.parametrize("known", [4, 25])
def test_habits_learned_from_evidence_are_kept_and_used(store: Store, known: int) -> None:
    write(store, [row for number in range(FLOWS) for row in flow(number, verdict_says=number < known)])
    InferCauses(store).step(NOW)

    habits = {
        (row["effect_topic"], row["cause_topic"]): row
        for row in store.query("infer_habits", {"rows_max": 99})
    }
    assert habits["captured", "reserved"]["weight"] == FLOWS
    assert habits["verdicts", "orders"]["weight"] == known
    if known < FLOWS / 2:  # else an event of this kind that names no cause has none
        assert causes_of(store, "verdicts", FLOWS - 1) == [("orders", FLOWS - 1, "inferred")]
