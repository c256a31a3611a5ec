"""Weeks and days begin where people say they do, also when the clocks change."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.errors import SettingsError
from collector.report.period import Period, last_days, last_whole_week, steps_of, week, week_of, zone_of

BERLIN = ZoneInfo("Europe/Berlin")


def test_an_iso_week_begins_on_its_monday() -> None:
    period = week("2026-W47")

    assert (period.start, period.end) == (
        datetime(2026, 11, 16, tzinfo=UTC),
        datetime(2026, 11, 23, tzinfo=UTC),
    )
    assert period.name == "2026-W47"


def test_the_first_week_of_a_year_may_begin_in_the_one_before() -> None:
    assert week("2026-W01").first == date(2025, 12, 29)
    assert week("2026-W53").name == "2026-W53"
    assert week_of(datetime(2027, 1, 2, tzinfo=UTC)).name == "2026-W53"


@pytest.mark.parametrize("text", ["2025-W53", "2026-W00", "2026-47", "last", "2026-W470", ""])
def test_what_is_no_week_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="Write it as 2026-W47"):
        week(text)


def test_a_week_with_a_change_of_clocks_is_an_hour_longer_or_shorter() -> None:
    spring, autumn = week("2026-W13", BERLIN), week("2026-W43", BERLIN)

    assert spring.end - spring.start == timedelta(days=7, hours=-1)
    assert autumn.end - autumn.start == timedelta(days=7, hours=1)
    assert autumn.before().end == autumn.start


def test_a_moment_before_local_midnight_belongs_to_the_week_that_ends() -> None:
    sunday = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)

    assert week_of(sunday).name == "2026-W47"
    assert week_of(sunday, BERLIN).name == "2026-W48"
    assert last_whole_week(sunday, BERLIN).name == "2026-W47"


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(SettingsError, match="no time zone called 'Mars/Base'"):
        zone_of("Mars/Base")
    with pytest.raises(SettingsError):
        zone_of("../../etc/passwd")


@given(
    st.dates(date(2000, 1, 3), date(2100, 1, 1)),
    st.integers(1, 400),
    st.sampled_from([UTC, BERLIN, ZoneInfo("America/New_York"), ZoneInfo("Pacific/Apia")]),
)
def test_periods_and_their_steps_follow_each_other_without_gap_or_overlap(
    first: date, days: int, zone: object
) -> None:
    period = Period(first, first + timedelta(days=days), zone)  # type: ignore[arg-type]
    steps = steps_of(period)

    assert period.before().end == period.start
    assert steps[0].start == period.start
    assert steps[-1].end == period.end
    assert all(one.end == other.start for one, other in pairwise(steps))


def test_the_last_days_have_today_in_them() -> None:
    now = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)

    assert last_days(now, 7).end == datetime(2026, 11, 23, tzinfo=UTC)
    assert last_days(now, 1, BERLIN).first == date(2026, 11, 23)
