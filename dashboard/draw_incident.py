"""An incident on one time axis: what happened when, how it stood, and what was counted, below each other. Pure.

Where things lie is in percent of the width, so that the page may be as wide as it likes. Text is escaped here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from collector.detect.story import BAD_WORDS, Moment
from collector.report.lanes import Span, first_free_lane, placing_order
from collector.report.read_story import FACTS, Course
from dashboard.text import count, duration, escaped
from schemas.incidents import Incident

MOMENTS_MAX = 14
WIDTH_PX = 1_000  # about what there is at least, for telling whether texts meet
CHARACTER_PX = 6.4
TEXT_MAX = 90
LANE_PX = 19
BARS_PX = 54
TICKS_MAX = 8
_TICKS_S = (10, 30, 60, 300, 600, 900, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800)

PhaseName = Literal["unnoticed", "noticed", "taken", "calm"]
PHASES: dict[PhaseName, str] = {
    "unnoticed": "bad, and not noticed yet",
    "noticed": "bad, and nobody on it",
    "taken": "bad, and somebody on it",
    "calm": "no longer bad, not yet proven good",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment; `lane` from the top, `to_left` = its text stands before it."""

    x: float
    lane: int
    to_left: bool
    moment: Moment


@dataclass(frozen=True, slots=True)
class Phase:
    """How it stood from `x` for `width`; `goes_on` = it has no end yet."""

    name: PhaseName
    x: float
    width: float
    lasted_ms: float
    goes_on: bool


@dataclass(frozen=True, slots=True)
class Bar:
    """One step of a series; `height` is 0..1 of the highest."""

    x: float
    width: float
    height: float
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """A series; without bars, `note` says why."""

    title: str
    style: str
    highest: str
    bars: tuple[Bar, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """All of it."""

    marks: tuple[Mark, ...]
    left_out: int
    phases: tuple[Phase, ...]
    rows: tuple[Row, ...]
    ticks: tuple[tuple[float, str], ...]


def draw(one: Incident, timeline: Sequence[Moment], course: Course, now: datetime) -> Picture:
    """Return the picture of an incident over the time of `course`."""
    place = _Place(course)
    inside = [moment for moment in timeline if course.since <= moment.time <= course.until]
    shown = _most_telling(inside)
    return Picture(
        marks=tuple(_marks(shown, place)),
        left_out=len(timeline) - len(shown),
        phases=tuple(_phases(one, place, min(now, course.until))),
        rows=tuple(_rows(one, course, place)),
        ticks=tuple(_ticks(course, place)),
    )


@dataclass(frozen=True, slots=True)
class _Place:
    course: Course

    def x(self, moment: datetime) -> float:
        return self.at((moment - self.course.since).total_seconds())

    def at(self, seconds: float) -> float:
        length = (self.course.until - self.course.since).total_seconds()
        return round(min(100.0, max(0.0, seconds / length * 100)), 3)


def _most_telling(moments: Sequence[Moment]) -> list[Moment]:
    """Return at most MOMENTS_MAX moments: those of its life before alerts and likely changes before others."""

    def dull(moment: Moment) -> float:
        if moment.kind == "change":
            return 1.0 - (moment.likelihood or 0.0) / 2
        return 0.9 if moment.kind in ("alert", "note") else 0.0

    kept = {id(moment) for moment in sorted(moments, key=dull)[:MOMENTS_MAX]}
    return [moment for moment in moments if id(moment) in kept]


def _marks(moments: Sequence[Moment], place: _Place) -> list[Mark]:
    """Put each text on the first lane where it meets no other."""
    lanes: list[list[Span]] = []
    marks: dict[int, Mark] = {}
    places = [place.x(moment.time) for moment in moments]
    for number in placing_order(places, 50):
        moment, x = moments[number], places[number]
        width = (min(len(moment.text), TEXT_MAX) + 18) * CHARACTER_PX / WIDTH_PX * 100
        to_left = x > 50
        covered = (x - width, x + 1) if to_left else (x - 1, x + width)
        marks[number] = Mark(x, first_free_lane(lanes, covered, x), to_left, moment)
    return [marks[number] for number in range(len(moments))]


def _phases(one: Incident, place: _Place, now: datetime) -> list[Phase]:
    """Return how it stood, phase after phase. Who came after the end changes nothing of it."""
    end = one.mitigated_time or (one.resolved_time if one.state == "resolved" else None)
    bad_until = end or now
    points: list[tuple[PhaseName, datetime]] = [("unnoticed", one.impact_time)]
    if one.detected_time and not one.backfilled:
        points.append(("noticed", max(one.detected_time, one.impact_time)))
    if one.acknowledged_time:
        points.append(("taken", max(one.acknowledged_time, points[-1][1])))
    found = []
    for number, (name, begin) in enumerate(points):
        following = points[number + 1][1] if number + 1 < len(points) else bad_until
        last = min(following, bad_until)
        if last > begin:
            goes_on = end is None and last == bad_until
            found.append(_phase(name, begin, last, goes_on, place))
    if end:
        over = one.resolved_time if one.state == "resolved" else now
        if over and over > end:
            found.append(_phase("calm", end, over, one.state != "resolved", place))
    return found


def _phase(name: PhaseName, begin: datetime, end: datetime, goes_on: bool, place: _Place) -> Phase:
    x = place.x(begin)
    lasted_ms = (end - begin).total_seconds() * 1e3
    return Phase(name, x, max(0.15, round(place.x(end) - x, 3)), lasted_ms, goes_on)


def _rows(one: Incident, course: Course, place: _Place) -> list[Row]:
    several = BAD_WORDS.get(one.kind, ("bad event", "bad events"))[1]
    rows = []
    if one.kind in FACTS:
        rows.append(_row(several.capitalize(), "bad", course.bad, course, place, "not counted"))
    if course.sent_again is not None:
        rows.append(_row("Sent again", "good", course.sent_again, course, place, ""))
    if one.consumer_group or course.lag is not None:
        rows.append(
            _row("Behind (lag)", "lag", course.lag, course, place, "not known: nobody followed the group")
        )
    rows.append(_row("Records", "plain", course.records, course, place, "none were counted"))
    return rows


def _row(
    title: str, style: str, steps: Mapping[int, int] | None, course: Course, place: _Place, without: str
) -> Row:
    if not steps:
        note = without if steps is None else "none"
        return Row(title, style, "", (), note)
    highest = max(steps.values())
    is_rate = style != "lag"
    step = f"{course.step_s} s" if course.step_s < 60 else duration(course.step_s * 1e3)
    unit = f" in {step}" if is_rate else " records"
    since_s = course.since.timestamp()
    width = place.at(course.step_s)
    bars = tuple(
        Bar(
            place.at(step - since_s),
            width,
            number / highest if highest else 0.0,
            f"{_clock(step, course)}  {count(number)}{unit}",
        )
        for step, number in sorted(steps.items())
    )
    return Row(title, style, f"at most {count(highest)}{unit}", bars)


def _clock(second: float, course: Course) -> str:
    moment = datetime.fromtimestamp(second, UTC)
    long = (course.until - course.since).total_seconds() > 86_400
    return f"{moment:%d %b %H:%M}" if long else f"{moment:%H:%M:%S}"


def _ticks(course: Course, place: _Place) -> list[tuple[float, str]]:
    first, last = course.since.timestamp(), course.until.timestamp()
    step = next((size for size in _TICKS_S if (last - first) / size <= TICKS_MAX), _TICKS_S[-1])
    form = "%H:%M:%S" if step < 60 else "%H:%M" if step < 86_400 else "%d %b"
    at = -int(-first // step) * step
    found: list[tuple[float, str]] = []
    while at <= last and len(found) <= 2 * TICKS_MAX:
        found.append((place.at(at - first), f"{datetime.fromtimestamp(at, UTC):{form}}"))
        at += step
    return found


def to_html(picture: Picture) -> str:
    """Return the picture as HTML; styles are in page.css under hw-axis."""
    lanes = max((mark.lane for mark in picture.marks), default=-1) + 1
    lines = "".join(
        f'<i class="v {mark.moment.kind}" style="left:{mark.x}%;top:{mark.lane * LANE_PX}px"></i>'
        for mark in picture.marks
    )
    grid = "".join(f'<i class="g" style="left:{x}%"></i>' for x, _ in picture.ticks)
    marks = "".join(_mark_html(mark) for mark in picture.marks)
    phases = "".join(_phase_html(phase) for phase in picture.phases)
    rows = "".join(_row_html(row) for row in picture.rows)
    ticks = "".join(f'<span style="left:{x}%">{text}</span>' for x, text in picture.ticks)
    names = " ".join(
        f'<em class="{name}"></em>{words}'
        for name, words in PHASES.items()
        if any(phase.name == name for phase in picture.phases)
    )
    return (
        '<div class="hw-axis" role="img" aria-label="The incident on a time axis; the list below says the same">'
        f'<div class="plot">{grid}{lines}'
        f'<div class="moments" style="height:{lanes * LANE_PX + 4}px">{marks}</div>'
        f'<div class="life"><b>State</b>{phases}</div>{rows}'
        f'<div class="ticks">{ticks}</div></div>'
        f'<div class="legend">{names}{_left_out(picture)}</div></div>'
    )


def _left_out(picture: Picture) -> str:
    if not picture.left_out:
        return ""
    return f" · {count(picture.left_out)} more in the list below: long before, or too many to draw"


def _mark_html(mark: Mark) -> str:
    moment = mark.moment
    likely = "" if moment.likelihood is None else f" ({moment.likelihood:.0%})"
    text = f"<time>{moment.time.astimezone(UTC):%H:%M:%S}</time> {escaped(moment.text, TEXT_MAX)}{likely}"
    side = f"right:{round(100 - mark.x, 3)}%" if mark.to_left else f"left:{mark.x}%"
    before = " before" if mark.to_left else ""
    return f'<span class="{moment.kind}{before}" style="{side};top:{mark.lane * LANE_PX}px">{text}</span>'


def _phase_html(phase: Phase) -> str:
    lasted = f"{PHASES[phase.name]}: {duration(phase.lasted_ms)}{' so far' if phase.goes_on else ''}"
    style = f"{phase.name}{' open' if phase.goes_on else ''}"
    return f'<span class="{style}" style="left:{phase.x}%;width:{phase.width}%" title="{lasted}"></span>'


def _row_html(row: Row) -> str:
    bars = "".join(
        f'<i style="left:{bar.x}%;width:{bar.width}%;height:{max(2, round(bar.height * 100))}%" title="{bar.text}"></i>'
        if bar.height
        else ""
        for bar in row.bars
    )
    said = row.highest or row.note
    return f'<div class="bars {row.style}"><b>{row.title}<small>{said}</small></b>{bars}</div>'
