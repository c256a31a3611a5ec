"""Failures behind a breaking change: one incident from the first to the last of them, with its cause."""

from datetime import UTC, datetime

from collector.detect.causes import Change, Flow
from collector.detect.incident_facts import BadSlot, Counts, Scope, Series
from collector.detect.incidents import Facts, judge
from collector.detect.rules import load_rules
from schemas.incidents import Incident

START_S = int(datetime(2026, 11, 2, tzinfo=UTC).timestamp())
HOUR_S = 3_600


def judged(failing: tuple[float, float], change_at: float) -> list[Incident]:
    """Return what is found where half of all fails between two hours, and the payload changes at one."""
    slots = list(range(START_S, START_S + 12 * HOUR_S, 10))
    bad = [
        BadSlot(at, 5, at * 1_000, at * 1_000 + 9_000, ((at + 10, 5),))
        for at in slots
        if failing[0] <= (at - START_S) / HOUR_S < failing[1]
    ]
    scope = Scope("schema_break", "orders", consumer_group="billing")
    time = datetime.fromtimestamp(START_S + change_at * HOUR_S, UTC)
    changes = [
        Change("schema_change", time, "orders changed its payload", "shop", "orders", weight=1.0),
        Change("deployment", time, "shop 2 took effect", "shop"),
    ]
    facts = Facts([Series(scope, bad, Counts(slots, [10] * len(slots)))], changes=changes, flow=Flow())
    now = datetime.fromtimestamp(START_S + 12 * HOUR_S, UTC)
    return [one.incident for one in judge(facts, load_rules(), now)]


def test_it_lasts_until_the_last_failure_even_when_that_is_hours_behind_the_change() -> None:
    (found,) = judged((2.0, 6.0), 2.0)

    assert found.mitigated_time is not None
    assert (found.impact_time.timestamp() - START_S) / HOUR_S == 2.0
    assert abs((found.mitigated_time.timestamp() - START_S) / HOUR_S - 6.0) < 0.01
    assert [cause.service for cause in found.causes][:1] == ["shop"]


def test_failures_before_a_change_or_long_behind_it_are_not_put_down_to_it() -> None:
    assert judged((2.0, 6.0), 3.0) == []
    assert judged((4.0, 6.0), 2.0) == []
