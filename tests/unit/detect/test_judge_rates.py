"""The life of an incident that is judged by rates, on facts made by hand and at random."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.detect.incident_facts import SLOT_S, BadSlot, Counts, Scope, Series, counts_of
from collector.detect.judge_rates import Stretch, judge_rates
from collector.detect.rules import Rule, load_rules

RULE = load_rules().of("dead_letters", "orders")
SCOPE = Scope("dead_letters", "orders", consumer_group="billing")
T0 = 1_795_000_000 // 86_400 * 86_400
HOUR = 3_600


def bad_slot(slot_s: int, bad: int, seen_s: int | None = None) -> BadSlot:
    end_s = seen_s if seen_s is not None else slot_s + SLOT_S
    return BadSlot(
        slot_s, bad, slot_s * 1_000 + 1_000, slot_s * 1_000 + 9_000, ((end_s, bad),), f"dlt/0/{slot_s}"
    )


def series(
    hours: float,
    failing: list[tuple[float, float, float]],
    *,
    rate: float = 2.0,
    noise: float = 0.0,
    seed: int = 1,
    late_s: int = 0,
    pauses: tuple[tuple[float, float], ...] = (),
) -> Series:
    """Return traffic of `rate` a second for some hours; `failing` has (from, to, share) in hours."""
    lots = np.random.default_rng(seed)
    total: dict[int, int] = {}
    bads: list[BadSlot] = []
    for slot_s in range(T0, T0 + int(hours * HOUR), SLOT_S):
        at = (slot_s - T0) / HOUR
        if any(begin <= at < end for begin, end in pauses):
            continue
        count = int(lots.poisson(rate * SLOT_S))
        share = next((share for begin, end, share in failing if begin <= at < end), noise)
        bad = int(lots.binomial(count, share)) if share else 0
        if count:
            total[slot_s] = count
        if bad:
            bads.append(bad_slot(slot_s, bad, slot_s + SLOT_S + late_s))
    return Series(SCOPE, bads, counts_of(total))


def judge(facts: Series, hours: float, rule: Rule = RULE) -> list[Stretch]:
    return judge_rates(facts, rule, T0 + int(hours * HOUR))


def test_a_failing_hour_is_one_incident_with_its_true_ends() -> None:
    (found,) = judge(series(6, [(2, 3, 1.0)]), 6)

    assert abs(found.impact_ms / 1_000 - (T0 + 2 * HOUR)) <= SLOT_S
    assert found.mitigated_ms is not None
    assert abs(found.mitigated_ms / 1_000 - (T0 + 3 * HOUR)) <= SLOT_S
    assert found.detected_s is not None
    assert 0 < found.detected_s - (T0 + 2 * HOUR) <= 120
    assert found.resolved_s is not None
    assert 60 <= found.resolved_s - (T0 + 3 * HOUR) <= 300
    assert (found.phase, found.severity, found.backfilled) == ("resolved", "page", False)


def test_without_failures_there_is_nothing() -> None:
    assert judge(series(24, [], noise=0.002), 24) == []


def test_noise_around_it_belongs_to_no_incident() -> None:
    (found,) = judge(series(12, [(6, 6.5, 0.8)], noise=0.004), 12)

    assert abs(found.impact_ms / 1_000 - (T0 + 6 * HOUR)) <= 3 * SLOT_S
    assert found.mitigated_ms is not None
    assert abs(found.mitigated_ms / 1_000 - (T0 + 6.5 * HOUR)) <= 3 * SLOT_S


def test_silence_does_not_resolve() -> None:
    facts = series(12, [(2, 3, 1.0)], pauses=((3, 12),))

    (found,) = judge(facts, 12)

    assert (found.phase, found.resolved_s, found.mitigated_ms) == ("no data", None, None)


def test_good_traffic_after_silence_resolves() -> None:
    (found,) = judge(series(12, [(2, 3, 1.0)], pauses=((3, 8),)), 12)

    assert found.phase == "resolved"
    assert found.resolved_s is not None
    assert found.resolved_s > T0 + 8 * HOUR
    assert found.mitigated_ms is not None
    assert abs(found.mitigated_ms / 1_000 - (T0 + 3 * HOUR)) <= SLOT_S


def test_the_same_again_soon_after_extends_the_incident() -> None:
    (found,) = judge(series(8, [(2, 2.5, 1.0), (2.6, 3, 1.0)]), 8)

    assert len(found.reopened_s) == 1
    assert found.mitigated_ms is not None
    assert abs(found.mitigated_ms / 1_000 - (T0 + 3 * HOUR)) <= SLOT_S


def test_much_later_it_is_another() -> None:
    assert len(judge(series(12, [(2, 2.5, 1.0), (6, 7, 1.0)]), 12)) == 2


def test_what_stands_is_told_as_it_stands() -> None:
    facts = series(6, [(2, 3, 1.0)])

    phases = [judge(facts, hours)[0].phase for hours in (2.5, 3 + 50 / HOUR, 3.2)]

    assert phases == ["open", "mitigated", "resolved"]


def test_a_slow_burn_is_a_ticket_until_it_gets_worse() -> None:
    (found,) = judge(series(12, [(4, 8, 0.045), (8, 9, 0.9)]), 12)

    assert found.severity == "page"
    assert found.escalated_s is not None
    assert 0 < found.escalated_s - (T0 + 8 * HOUR) <= 120


def test_records_that_are_read_late_are_noticed_late() -> None:
    (found,) = judge(series(6, [(2, 3, 1.0)], late_s=1_200), 6)

    assert found.detected_s is not None
    assert 1_200 <= found.detected_s - (T0 + 2 * HOUR) <= 1_320
    assert abs(found.impact_ms / 1_000 - (T0 + 2 * HOUR)) <= SLOT_S


@pytest.mark.parametrize("late_s", [7 * HOUR, 30 * 24 * HOUR])
def test_history_that_is_read_later_was_noticed_by_nobody(late_s: int) -> None:
    (found,) = judge(series(6, [(2, 3, 1.0)], late_s=late_s), 6)

    assert (found.backfilled, found.detected_s) == (True, None)


def test_what_happened_before_anybody_watched_is_history() -> None:
    facts = series(6, [(2, 3, 1.0)], late_s=HOUR)

    (found,) = judge_rates(facts, RULE, T0 + 6 * HOUR, watching_since_s=T0 + 2.5 * HOUR)

    assert (found.backfilled, found.detected_s) == (True, None)


def test_where_the_total_is_not_known_twice_the_number_decides_and_nothing_resolves() -> None:
    bads = [bad_slot(T0 + minute * 60, 1) for minute in range(9)]
    assert judge_rates(Series(SCOPE, bads, Counts()), RULE, T0 + HOUR) == []

    bads += [bad_slot(T0 + minute * 60, 1) for minute in range(9, 30)]
    (found,) = judge_rates(Series(SCOPE, bads, Counts()), RULE, T0 + 24 * HOUR)

    assert (found.resolved_s, found.phase) == (None, "no data")


def test_a_habit_raises_the_bar() -> None:
    days = {T0 // 86_400 - day: (40, 1_000) for day in range(1, 10)}
    facts = series(6, [(2, 3, 0.09)])

    assert judge(facts, 6)
    assert judge_rates(Series(SCOPE, facts.bad, facts.total, days), RULE, T0 + 6 * HOUR) == []


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.floats(0.5, 20), st.floats(0.2, 2), st.floats(0.2, 1)), max_size=3),
    st.floats(0.05, 5),
    st.integers(0, 1_000),
    st.floats(1, 23),
)
def test_judging_up_to_a_moment_and_all_at_once_agree(
    failing: list[tuple[float, float, float]], rate: float, seed: int, until: float
) -> None:
    """Whoever looked at `until` saw the same openings that are found when all is judged at the end."""
    facts = series(24, [(at, at + length, share) for at, length, share in failing], rate=rate, seed=seed)

    then, later = judge(facts, until), judge(facts, 24)

    assert [(one.opened_s, one.impact_ms, one.detected_s) for one in then] == [
        (one.opened_s, one.impact_ms, one.detected_s) for one in later[: len(then)]
    ]
    for one in later:
        assert one.impact_ms <= one.last_bad_ms
        assert one.resolved_s is None or one.last_bad_ms / 1_000 <= one.resolved_s
        assert one.bad <= max(one.total, one.bad)
