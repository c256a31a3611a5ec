"""What differs between two maps."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from collector.lineage.topology import FlowMap, build_map
from collector.lineage.topology_changes import compare, key_of, merged, totals


def _topic(topic: str, service: str, events: int, dead: int = 0) -> dict[str, Any]:
    return {"topic": topic, "service": service, "events": events, "dead_letters": dead, "copies": 0,
            "last_partition": 0, "last_offset": 1}  # fmt: skip


def _map(*topics: dict[str, Any], p95_ms: float = 9) -> FlowMap:
    edge = {"cause_topic": "orders", "effect_service": "billing", "effect_topic": "bills", "relation": "caused",
            "edges": 100, "inferred": 0, "ambiguous": 0, "mean_confidence": 1.0, "evidences": ["header"],
            "p50_ms": 5, "p95_ms": p95_ms}  # fmt: skip
    steps = [
        {"cause_topic": cause, "effect_service": "billing", "records": 100, "p50_ms": 5, "p95_ms": p95_ms}
        for cause in ("", "orders")
    ]
    return build_map([_topic("orders", "shop", 100), *topics], [edge], steps)


def test_new_gone_and_changed_are_told_apart() -> None:
    before = _map(_topic("bills", "billing", 100), _topic("old", "shop", 50))
    after = _map(_topic("bills", "billing", 300, dead=30), _topic("fresh", "shop", 50), p95_ms=900)

    found = {key_of(one): one for one in compare(before, 60, after, 60)}

    assert found["topic:fresh"].what == "new"
    assert found["topic:old"].what == "gone"
    assert found["service:shop topic:fresh"].name == "shop → fresh"
    bills = found["topic:bills"]
    assert bills.said == (
        "Rate 100/min before, 300/min now.",
        "Failing share 0.0% before, 10.0% now.",
    )
    assert "p95 9 ms before, 900 ms now." in found["topic:orders service:billing"].said
    assert totals(list(found.values()))["new"] == 2
    both = merged(before, after)
    assert (both.nodes["topic:old"].events, both.nodes["topic:bills"].events) == (0, 300)
    assert before.nodes["topic:old"].events == 50


def test_spans_of_different_length_are_compared_by_rate() -> None:
    assert compare(_map(_topic("bills", "billing", 60)), 60, _map(_topic("bills", "billing", 60)), 60) == []
    found = compare(_map(_topic("bills", "billing", 60)), 60, _map(_topic("bills", "billing", 60)), 600)
    assert {one.mark for one in found if one.kind == "topic"} == {"÷10.0"}


COUNTS = st.integers(0, 1_000)


@given(COUNTS, COUNTS, st.floats(0, 1e5), st.floats(0, 1e5))
def test_the_same_map_never_differs_from_itself(events: int, dead: int, p95_ms: float, other: float) -> None:
    one = _map(_topic("bills", "billing", events, min(dead, events)), p95_ms=p95_ms)

    assert compare(one, 60, one, 60) == []
    assert compare(one, 60, _map(p95_ms=other), 60) is not None
