"""The small version of tests/bench/simulate_incidents.py: what was made is found, and little else."""

from datetime import UTC, datetime

from collector.detect.incident_facts import DAY_S
from collector.detect.rules import load_rules
from tests.bench.follow_incidents import follow
from tests.bench.simulate_incidents import START_S, compare, judged, simulate


def test_made_incidents_are_found_with_their_true_length_and_nothing_else() -> None:
    made = found = false = right = 0
    for seed in (3, 4):
        history = simulate(seed, topics=8, days=11, per_topic=3.0)
        result = compare(seed, history, judged(history, load_rules()), topics=8, days=11)
        made, found, false = made + result.made, found + result.found, false + result.false
        right += result.restore_right

    assert made >= 8
    assert found >= 0.95 * made
    assert right >= 0.9 * found
    assert false <= 1


def test_looking_often_and_after_restarts_opens_the_same_incidents_as_looking_once() -> None:
    """Each look is one of a watcher that was just started; what it found stays found, at the same time."""
    history = simulate(5, topics=6, days=11, per_topic=2.0)
    once = {one.incident_id: one for one in judged(history, load_rules()) if one.kind != "producer_silent"}

    for day in (9, 10):
        for one in judged(history, load_rules(), START_S + day * DAY_S + 20_000):
            if one.kind != "producer_silent":
                assert one.impact_time == once[one.incident_id].impact_time
                assert one.detected_time == once[one.incident_id].detected_time
                assert one.impact_time < datetime.fromtimestamp(START_S + (day + 1) * DAY_S, UTC)
    assert once


def test_a_history_judged_as_it_comes_in_ends_as_if_it_had_been_known_at_once() -> None:
    followed = follow(6, simulate(6, topics=4, days=11, per_topic=3.0), load_rules(), looks=30)

    assert followed.once >= 4
    assert followed.same == followed.once
    assert (followed.twice, followed.extra, followed.renamed, followed.unsettled) == (0, 0, 0, 0)
