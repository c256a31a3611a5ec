"""What is judged again and again stays what it was: nothing is opened twice, swallowed by a neighbour, or forgotten."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from collector.detect.incident_facts import Scope
from collector.detect.incidents import Judged, incident_id
from collector.detect.reconcile import Outcome, reconcile
from schemas.incidents import Incident
from tests.contract.test_incidents import INCIDENT, T0

SCOPE = Scope("dead_letters", "orders", "", "billing")
NOW = T0 + timedelta(hours=2)


def judged(begin_s: float, end_s: float, *, bad: int = 12) -> Judged:
    """Return an incident that is over, of the seconds after T0."""
    impact = T0 + timedelta(seconds=begin_s)
    end = T0 + timedelta(seconds=end_s)
    return Judged(
        replace(
            INCIDENT,
            incident_id=incident_id(SCOPE, impact),
            service="",
            impact_time=impact,
            bad=bad,
            detected_time=impact + timedelta(seconds=20),
            mitigated_time=end,
            resolved_time=end,
            state="resolved",
        )
    )


def meet(found: list[Judged], known: list[Incident], now: datetime = NOW) -> Outcome:
    return reconcile(found, known, now, judged_since=T0 - timedelta(hours=1), kinds={"dead_letters"})


def stored(known: list[Incident], outcome: Outcome) -> list[Incident]:
    rows = {one.incident_id: one for one in known} | {one.incident_id: one for one in outcome.incidents}
    return list(rows.values())


def standing(known: list[Incident]) -> list[tuple[str, float]]:
    return sorted(
        (one.incident_id, (one.impact_time - T0).total_seconds()) for one in known if one.state != "withdrawn"
    )


def test_a_failure_every_three_minutes_that_is_over_each_time_is_an_incident_each_time() -> None:
    rounds = [judged(180 * turn, 180 * turn + 120) for turn in range(5)]
    known: list[Incident] = []
    for turn in range(1, 6):
        known = stored(known, meet(rounds[:turn], known))
        assert standing(known) == [
            (one.incident.incident_id, 180.0 * at) for at, one in enumerate(rounds[:turn])
        ]


GAPS = st.lists(st.tuples(st.integers(1, 900), st.integers(1, 900)), min_size=1, max_size=6)


def stretches(gaps: list[tuple[int, int]]) -> list[Judged]:
    found, at = [], 0
    for gap_s, length_s in gaps:
        found.append(judged(at + gap_s, at + gap_s + length_s))
        at += gap_s + length_s
    return found


@given(GAPS)
def test_judging_the_same_again_changes_and_says_nothing(gaps: list[tuple[int, int]]) -> None:
    found = stretches(gaps)
    known = stored([], meet(found, []))

    again = meet(found, known)

    assert (list(again.incidents), list(again.entries)) == ([], [])
    assert len(standing(known)) == len(found)


@given(GAPS, st.integers(-120, 120), st.randoms(use_true_random=False))
def test_late_data_moves_ends_but_no_names_and_settles_at_once(gaps, shift_s, lots) -> None:  # type: ignore[no-untyped-def]
    before = stretches(gaps)
    known = stored([], meet(before, []))
    late = [
        judged(begin + lots.choice([0, shift_s / 1_000]), begin + lots.randint(1, 600), bad=13)
        for one in before
        if (begin := (one.incident.impact_time - T0).total_seconds())
    ]

    moved = stored(known, meet(late, known))
    again = meet(late, moved)

    assert [one for one, _ in standing(moved)] == [one for one, _ in standing(known)]
    assert (list(again.incidents), list(again.entries)) == ([], [])


def test_two_that_turn_out_to_be_one_keep_the_name_that_somebody_acknowledged() -> None:
    apart = [judged(0, 60), judged(300, 360)]
    known = stored([], meet(apart, []))
    known = [
        replace(one, acknowledged_time=NOW) if one.impact_time > T0 else one
        for one in known
    ]  # fmt: skip

    outcome = meet([judged(0, 360)], known)

    kept = stored(known, outcome)
    assert standing(kept) == [(apart[1].incident.incident_id, 0.0)]
    assert [entry.text for entry in outcome.entries if entry.change == "folded"] == [
        f"It is the same as {apart[1].incident.incident_id}."
    ]


def test_what_is_found_no_more_is_withdrawn_once() -> None:
    known = stored([], meet([judged(0, 60)], []))

    outcome = meet([], known)
    known = stored(known, outcome)

    assert [entry.change for entry in outcome.entries] == ["corrected"]
    assert meet([], known) == Outcome([], [])


def test_what_is_found_after_all_keeps_when_it_was_noticed_and_opens_no_second_time() -> None:
    known = stored([], meet([judged(0, 60)], []))
    known = stored(known, meet([], known))

    outcome = meet([judged(0, 60)], known, NOW + timedelta(hours=1))

    (back,) = outcome.incidents
    assert (back.state, back.detected_time) == ("resolved", NOW)
    assert [(entry.change, entry.text) for entry in outcome.entries] == [
        ("corrected", "It was one after all, with what has arrived since."),
    ]
