"""The time axis of an incident: everything lies within it, nothing covers anything, and unknown is not zero."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from collector.detect.story import Moment
from collector.report.read_story import Course, extent
from dashboard.draw_incident import MOMENTS_MAX, draw, to_html
from tests.support.incidents import BEGIN, cause, incident, still_open

NOW = BEGIN + timedelta(hours=2)
COURSE = Course(BEGIN - timedelta(minutes=10), BEGIN + timedelta(hours=1), 60)


def test_phases_say_how_long_it_was_noticed_and_taken_on() -> None:
    one = incident(acknowledged_time=BEGIN + timedelta(minutes=9))

    phases = draw(one, (), COURSE, NOW).phases

    minutes = [(phase.name, round(phase.lasted_ms / 60_000)) for phase in phases]
    assert minutes == [("unnoticed", 4), ("noticed", 5), ("taken", 25), ("calm", 16)]
    assert not any(phase.goes_on for phase in phases)


def test_what_is_open_goes_on_until_now_and_no_further() -> None:
    (unnoticed, noticed) = draw(still_open(), (), COURSE, BEGIN + timedelta(minutes=30)).phases

    assert (unnoticed.name, noticed.name, noticed.goes_on) == ("unnoticed", "noticed", True)
    assert round(noticed.x + noticed.width, 1) == round(40 / 70 * 100, 1)


def test_history_was_never_noticed() -> None:
    phases = draw(incident(backfilled=True), (), COURSE, NOW).phases

    assert [phase.name for phase in phases] == ["unnoticed", "calm"]


def test_a_series_that_nobody_counted_is_not_drawn_as_none() -> None:
    rows = {row.title: row for row in draw(incident(), (), COURSE, NOW).rows}

    assert rows["Dead letters"].note == "not counted"
    assert rows["Behind (lag)"].note.startswith("not known")
    assert "Sent again" not in rows


def test_bars_stand_at_their_time_with_their_number() -> None:
    at = int(BEGIN.timestamp())
    rows = draw(incident(), (), replace(COURSE, bad={at: 4, at + 60: 8}), NOW).rows

    first, second = rows[0].bars
    assert (first.height, second.height) == (0.5, 1.0)
    assert round(first.x, 2) == round(10 / 70 * 100, 2)
    assert second.text == "10:03:00  8 in 1 min"
    assert rows[0].highest == "at most 8 in 1 min"


def test_what_the_wire_says_is_escaped() -> None:
    hostile = Moment(BEGIN, "change", '<script>alert(1)</script>" onmouseover="x')

    page = to_html(draw(incident(), (hostile,), COURSE, NOW))

    assert "<script" not in page
    assert 'onmouseover="' not in page


def test_the_axis_reaches_back_to_likely_causes_only() -> None:
    likely, unlikely = cause(timedelta(minutes=20), 0.7), cause(timedelta(minutes=110), 0.1)

    since, until, step_s = extent(incident(causes=(likely, unlikely)), NOW)

    assert BEGIN - timedelta(minutes=30) < since < BEGIN - timedelta(minutes=20)
    assert until > BEGIN + timedelta(minutes=50)
    assert since.timestamp() % step_s == until.timestamp() % step_s == 0


@given(st.lists(st.tuples(st.integers(-600, 3_600), st.text(max_size=120)), max_size=40))
def test_no_text_covers_another_and_the_most_telling_are_kept(said: list[tuple[int, str]]) -> None:
    others = [Moment(BEGIN + timedelta(seconds=at), "alert", text) for at, text in said]
    begin = Moment(BEGIN, "begin", "first bad moment")
    timeline = sorted([*others, begin], key=lambda moment: moment.time)

    picture = draw(incident(), timeline, COURSE, NOW)

    assert len(picture.marks) == min(MOMENTS_MAX, len(timeline))
    assert picture.left_out == len(timeline) - len(picture.marks)
    assert any(mark.moment is begin for mark in picture.marks)
    assert all(0 <= mark.x <= 100 for mark in picture.marks)
    places = [(mark.lane, mark.x) for mark in picture.marks]
    assert len(set(places)) == len(places)
