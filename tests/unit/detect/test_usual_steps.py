"""Which steps are in force: what was learned, and what is held as it was while it is missing."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from collector.detect.count_flow_facts import (
    CAUSES_MIN,
    KEPT_MAX,
    PATIENCE_MAX,
    STEPS_MAX,
    UsualStep,
    in_force,
)
from collector.detect.flows import Step

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
NAMES = st.sampled_from(["orders", "payments", "bills"])


@st.composite
def steps(draw: st.DrawFn) -> Step:
    p99_ms = draw(st.floats(0, 3 * PATIENCE_MAX.total_seconds() * 1_000))
    return Step(
        (draw(NAMES), ""),
        (draw(NAMES), ""),
        "service",
        draw(st.floats(0.9, 1)),
        draw(st.integers(0, 500)),
        1.0,
        2.0,
        p99_ms,
    )


HELD = st.builds(
    UsualStep,
    steps(),
    st.just(timedelta(seconds=31)),
    st.integers(0, 200).map(lambda hours: NOW - timedelta(hours=hours)),
)


@given(st.lists(steps(), max_size=12), st.lists(HELD, max_size=6, unique_by=lambda one: one.key))
def test_what_is_held_is_not_learned_anew_and_is_forgotten_in_the_end(
    learned: list[Step], held: list[UsualStep]
) -> None:
    found = in_force(learned, held, NOW)

    keys = [one.key for one in found]
    assert len(set(keys)) == len(keys)
    for one in held:
        if NOW - one.usual_time <= KEPT_MAX:
            assert one in found
    usable = {
        (*step.cause, *step.effect)
        for step in learned
        if step.causes >= CAUSES_MIN and step.patience <= PATIENCE_MAX
    }
    assert usable <= set(keys)
    assert set(keys) <= usable | {one.key for one in held}


def test_the_most_frequent_steps_come_first_where_there_are_too_many() -> None:
    learned = [
        Step(("a", str(n)), ("b", ""), "s", 1.0, 100 + n, 1.0, 1.0, 1.0) for n in range(STEPS_MAX + 50)
    ]

    found = in_force(learned, [], NOW)

    assert len(found) == STEPS_MAX
    assert min(one.step.causes for one in found) == 150
