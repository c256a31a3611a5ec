"""Figures: what is measured over which time, when there is a verdict, and that no data is not zero."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.report.facts import DeadLetters, Facts, Traffic
from collector.report.figures import Line, Selection, figures, lines, names
from collector.report.period import Period
from collector.report.reliability import judge
from collector.report.words import number, short, value_text, watched_text
from schemas.incidents import Cause, Deployment, Incident
from tests.support.incidents import incident, still_open

WEEK = Period(date(2026, 11, 16), date(2026, 11, 23))
AFTER = datetime(2026, 11, 26, tzinfo=UTC)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def facts(*incidents: Incident, **more: object) -> Facts:
    steps = (WEEK.before(), WEEK)
    traffic = tuple(Traffic(step, "stock.reserve", 1_100, 100, 0) for step in (0, 1))
    made = Facts(steps=steps, now=AFTER, first_time=LONG_AGO, incidents=incidents, traffic=traffic)
    return replace(made, **more)  # type: ignore[arg-type]


def several(count: int, length: timedelta, week: Period = WEEK, **more: object) -> list[Incident]:
    return [
        incident(
            begin := week.start + timedelta(hours=3 * number),
            incident_id=f"{week.name}-{number}",
            mitigated_time=begin + length,
            **more,
        )
        for number in range(count)
    ]


def line(found: Facts, name: str) -> Line:
    made = lines(figures(found, WEEK), figures(found, WEEK.before()))
    return next(one for one in made if one.name == name)


def test_five_on_both_sides_make_a_verdict_and_four_do_not() -> None:
    slow, fast = timedelta(minutes=60), timedelta(minutes=20)
    before = several(5, slow, WEEK.before())

    assert line(facts(*before, *several(5, fast)), "restore").direction == "better"
    assert line(facts(*before, *several(5, slow)), "restore").direction == "steady"
    assert line(facts(*before, *several(4, fast)), "restore").direction == "too few"
    assert line(facts(*several(5, fast)), "restore").direction == "no data"


def test_drift_that_ended_is_better_and_a_single_one_says_nothing() -> None:
    minute = timedelta(minutes=1)
    breaking = several(6, minute, WEEK.before(), kind="schema_break")

    assert line(facts(*breaking), "drift_incidents").direction == "better"
    assert line(facts(*breaking), "drift_incidents").value == 0
    assert line(facts(*breaking[:1]), "drift_incidents").direction == "too few"


def test_what_was_not_watched_is_no_zero() -> None:
    nothing = facts(traffic=(), first_time=None)
    found = figures(nothing, WEEK)

    assert (found.dead_letters, found.dead_letter_rate, found.drift_per_quarter) == (None, None, None)
    assert found.deployments_per_week is None
    assert {value_text(one) for one in lines(found, found)} == {"no data"}
    assert "Less than a day" in watched_text(found)


def test_rates_are_of_the_time_that_was_watched() -> None:
    deployed = tuple(
        Deployment("orders", f"1.{day}", WEEK.start + timedelta(days=day, hours=1), "webhook")
        for day in (4, 5, 6)
    )
    half = facts(first_time=WEEK.start + timedelta(days=3.5), deployments=deployed)

    assert figures(half, WEEK).deployments_per_week == 6
    assert "rates are of 3.5 days of 7" in watched_text(figures(half, WEEK))
    running = facts(now=WEEK.start + timedelta(days=3.5), deployments=())
    assert "not over" in watched_text(figures(running, WEEK))


def test_a_deployment_on_sunday_fails_by_what_begins_on_monday() -> None:
    sunday = WEEK.end - timedelta(minutes=30)
    deployed = Deployment("orders", "2.0", sunday, "webhook")
    cause = Cause("deployment", sunday, "orders 2.0", 0.9, service="orders")
    broken = incident(WEEK.end + timedelta(minutes=10), causes=(cause,))

    found = figures(facts(broken, deployments=(deployed,)), WEEK)

    assert found.incidents == ()
    assert (found.change_failures.count, found.change_failures.of) == (1, 1)
    assert found.recovery.n == 1


def test_deployments_of_a_topic_are_those_of_who_writes_to_it_or_failed_on_it() -> None:
    deployed = tuple(
        Deployment(service, "1", WEEK.start + timedelta(days=1), "webhook")
        for service in ("orders", "inventory", "else")
    )
    found = facts(
        *several(1, timedelta(minutes=1)),
        deployments=deployed,
        writers={"stock.reserve": ("orders",), "t": ("else",)},
    )

    mine = figures(found, WEEK, Selection("topic", "stock.reserve"))

    assert {one.service for one in mine.deployments} == {"orders", "inventory"}


def test_a_declared_flow_without_an_incident_is_there_with_no_data() -> None:
    found = facts(flows={"returns": "returns", "orders": "stock.*"})

    assert names(found, WEEK, "flow") == ["orders", "returns"]
    by_flow = {one.name: one.now for one in judge(found, WEEK, by="flow").parts}
    assert by_flow["returns"].drift_per_quarter is None
    assert by_flow["orders"].drift_per_quarter == 0


def test_dead_letters_are_counted_against_records_that_are_no_copies() -> None:
    dead = DeadLetters(1, "stock.reserve", "inventory", "", 5, 5, "d/0/1")

    assert figures(facts(dead_letters=(dead,)), WEEK).dead_letter_rate == 5
    assert figures(facts(dead_letters=(dead,)), WEEK.before()).dead_letter_rate == 0


@given(
    st.lists(
        st.tuples(st.integers(0, 13 * 24), st.integers(0, 900), st.booleans(), st.booleans()), max_size=40
    )
)
def test_every_incident_is_counted_in_one_step_and_one_part(
    drawn: list[tuple[int, int, bool, bool]],
) -> None:
    made = [
        (still_open if is_open else incident)(
            WEEK.before().start + timedelta(hours=hour),
            incident_id=str(place),
            topic=f"topic-{minutes % 3}",
            parent_id="0" if is_child else "",
        )
        for place, (hour, minutes, is_open, is_child) in enumerate(drawn)
    ]
    found = judge(facts(*made), WEEK, by="topic")

    assert sum(one.incidents for one in found.steps) == sum(not one.parent_id for one in made)
    assert sum(len(part.now.incidents) for part in found.parts) == len(found.everything.now.incidents)
    for part in (found.everything, *found.parts):
        for one in part.lines:
            assert (one.value is None) == (value_text(one) == "no data")


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "s", "no data"), (0, "s", "0 ms"), (754, "s", "12 min 34 s"), (0.5, "share", "50%"),
        (0.031, "share", "3.1%"), (0, "share", "0%"), (3, "per week", "3 per week"),
        (0.01, "per 1,000", "<0.1 per 1,000"),
        (1234, "per 1,000", "1,234 per 1,000"),
    ],
)  # fmt: skip
def test_numbers_say_their_unit(value: float | None, unit: str, text: str) -> None:
    assert number(value, unit) == text


@given(st.floats(0, 1e7))
def test_short_times_are_short(seconds: float) -> None:
    assert len(short(seconds)) <= 7
