"""The story: in order, repeating, and irregular in the past."""

import itertools

import pytest

from collector.demo.story import (
    BROKEN_RELEASE,
    CYCLE_S,
    DAY_S,
    RepeatingStory,
    Scene,
    past_story,
    scene,
    tell,
)

STORY = RepeatingStory(start_s=1000.0)


def at(seconds: float) -> Scene:
    return scene(STORY, 1000.0 + seconds, seed=1)


def test_a_turn_goes_through_all_chapters_in_order_and_begins_again() -> None:
    chapters = [at(second).chapter for second in range(int(CYCLE_S) + 30)]

    turns = [chapter for before, chapter in zip(["", *chapters], chapters, strict=False) if chapter != before]
    assert turns == ["calm", "release", "failing", "rollback", "recovery", "redrive", "calm"]
    assert at(CYCLE_S + 60).chapter == at(60).chapter == "failing"


def test_each_turn_breaks_something_else() -> None:
    changes = [at(turn * CYCLE_S + 60).payments_change for turn in range(3)]

    assert sorted(map(str, changes)) == ["nested", "renamed", "retyped"]


def test_payments_are_broken_from_release_to_rollback_and_billing_is_fixed_before_the_redrive() -> None:
    assert at(10).payments_change is None
    assert at(60).payments_change == "renamed"
    assert not at(60).billing_reads_both
    rolled_back = next(at(second) for second in range(180) if at(second).chapter == "rollback")
    assert rolled_back.payments_change is None
    assert not rolled_back.billing_reads_both
    redriving = next(at(second) for second in range(180) if at(second).chapter == "redrive")
    assert redriving.billing_reads_both


def test_nothing_happens_before_the_story_begins() -> None:
    assert at(-20).chapter == "calm"


def test_what_is_told_names_the_release() -> None:
    told = {tell(at(second)) for second in range(int(CYCLE_S))}

    assert len(told) == 6
    assert any(BROKEN_RELEASE in line for line in told)


@pytest.mark.parametrize("seed", range(20))
def test_past_incidents_are_in_order_and_do_not_overlap(seed: int) -> None:
    incidents = past_story(seed, 0.0, 60 * DAY_S).incidents

    assert 5 < len(incidents) < 55
    for incident in incidents:
        times = [incident.released_s, incident.failing_s, incident.rolled_back_s, incident.fixed_s]
        assert sorted([*times, incident.redriven_s, incident.over_s]) == [
            *times,
            incident.redriven_s,
            incident.over_s,
        ]
    for before, after in itertools.pairwise(incidents):
        assert before.over_s < after.released_s


def test_the_past_knows_the_incident_of_a_moment() -> None:
    past = past_story(3, 0.0, 30 * DAY_S)
    first = past.incidents[0]

    assert past.incident(first.released_s - 1) is None
    assert past.incident(first.released_s) == first
    assert past.incident(first.over_s - 1) == first
    assert past.incident(first.over_s) is None


def test_draws_depend_on_seed_and_key_alone_and_are_even() -> None:
    draws = [at(0).draw("risk", f"ord-{number}") for number in range(2000)]

    assert draws == [at(99).draw("risk", f"ord-{number}") for number in range(2000)]
    assert draws != [scene(STORY, 0.0, seed=2).draw("risk", f"ord-{number}") for number in range(2000)]
    assert sum(draws) / len(draws) == pytest.approx(0.5, abs=0.03)
