"""The story of an incident: true to its facts, readable, and silent about what is not known."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from collector.detect.story import Blast, Moment, state_of, tell
from tests.support.incidents import BEGIN, cause, incident, still_open

NOW = BEGIN + timedelta(hours=2)


def test_the_paragraph_says_what_why_and_that_it_is_over() -> None:
    told = tell(incident(causes=(cause(timedelta(minutes=6), 0.8),), left_behind=3), NOW)

    assert told.paragraph == (
        "inventory gives up on stock.reserve: 12 dead letters of 340 events (3.5%) since 10:02 UTC. "
        "Most likely cause: orders 1.5.0 was deployed at 09:56 UTC, 6 min before (80% likely). "
        "It was noticed after 4 min. It is over: the last bad moment was 10:36 UTC, after 34 min. "
        "3 dead letters are left behind and still to be put right."
    )


def test_two_causes_that_are_almost_as_likely_are_both_told() -> None:
    causes = (
        cause(timedelta(minutes=6), 0.5),
        cause(timedelta(minutes=2), 0.45, text="stock 2.0 was deployed"),
    )

    why = tell(incident(causes=causes), NOW).why

    assert why.startswith("Two candidates are almost as likely")
    assert "orders 1.5.0" in why
    assert "stock 2.0" in why


def test_what_is_not_known_is_said_to_be_unknown() -> None:
    told = tell(still_open(), NOW)

    assert "the cause is not known" in told.why
    assert "nobody has acknowledged it" in told.over
    assert "still going on, after 2 h" in told.over
    assert "found in history" in tell(incident(backfilled=True, detected_time=None), NOW).over


def test_silence_is_not_recovery() -> None:
    assert "nobody can tell" in tell(still_open(state="no data"), NOW).over


def test_who_took_it_on_is_named() -> None:
    taken = still_open(acknowledged_time=BEGIN + timedelta(minutes=9), acknowledged_by="mo")

    assert state_of(taken) == "acknowledged"
    assert "acknowledged by mo after 5 min more" in tell(taken, NOW).over


def test_the_blast_radius_counts_and_names() -> None:
    blast = Blast(40, 12, ("inventory", "shipping"), ("stock.reserve", "a", "b", "c"), 9, sampled=True)
    child = incident(BEGIN + timedelta(minutes=1), title="emails wait")

    touched = tell(incident(), NOW, blast=blast, children=[child]).touched

    assert touched == (
        "It touched at least 40 events in 4 topics (stock.reserve, a, b and 1 more), 2 services (inventory and "
        "shipping) and 9 business keys. 1 more incident follows from it: emails wait."
    )


def test_times_are_told_in_the_zone_that_is_asked_for() -> None:
    told = tell(incident(), NOW + timedelta(days=5), zone=ZoneInfo("Europe/Berlin"))

    assert "since Wed 18 Nov 11:02 CET" in told.what


def test_the_timeline_is_in_order_and_has_what_changed() -> None:
    other = Moment(BEGIN - timedelta(minutes=20), "change", "payments 3.1 was deployed")
    timeline = tell(incident(causes=(cause(timedelta(minutes=6), 0.8),)), NOW, changes=[other]).timeline

    assert [moment.kind for moment in timeline] == [
        "change", "change", "begin", "detected", "mitigated", "resolved",
    ]  # fmt: skip
    assert [moment.time for moment in timeline] == sorted(moment.time for moment in timeline)
    assert timeline[1].likelihood == 0.8


TIMES = st.one_of(st.none(), st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)))


@given(
    st.text(max_size=60),
    st.sampled_from(["open", "no data", "mitigated", "resolved", "withdrawn"]),
    TIMES,
    TIMES,
    TIMES,
    st.integers(0, 10**9),
)
def test_any_incident_can_be_told_without_control_characters(
    title: str,
    state: Any,
    detected: datetime | None,
    mitigated: datetime | None,
    resolved: datetime | None,
    bad: int,
) -> None:
    odd = incident(
        title=title,
        state=state,
        detected_time=detected,
        mitigated_time=mitigated,
        resolved_time=resolved,
        bad=bad,
    )

    told = tell(odd, NOW)

    assert told.paragraph.isprintable()
    assert told.timeline == tuple(sorted(told.timeline, key=lambda moment: moment.time))
