"""Pictures of the weekly report as numbers: where each bar, mark and text lies. Pure; the template draws them."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from collector.detect.measures import VERDICT_N_MIN
from collector.detect.story import Moment
from collector.lineage.cascade import Cascade
from collector.report.lanes import Span, first_free_lane, placing_order
from collector.report.period import Period
from collector.words import visible
from schemas.incidents import Incident
from schemas.records import EventRef

WIDTH = 720.0
_CHARACTER = 6.8  # width of a letter of 11 px on average, in the widest of the usual fonts
_LANE = 17.0
_APART = 8.0  # between two texts on a lane
_TICK_ROOM = 16.0
_MOMENTS_MAX = 12
_BEFORE = timedelta(hours=2)
_ROWS_MAX = 14
_Place = Callable[[datetime], float]


@dataclass(frozen=True, slots=True)
class Bar:
    """One period of a trend. `height` is 0..1 of the highest; `value` None = nothing was measured."""

    period: Period
    label: str
    value: float | None
    height: float
    text: str
    note: str
    is_few: bool
    is_watched: bool
    is_current: bool


@dataclass(frozen=True, slots=True)
class Trend:
    """Bars beside each other, oldest first."""

    title: str
    figure: str
    bars: tuple[Bar, ...]

    @property
    def is_empty(self) -> bool:
        """Whether no bar has a value."""
        return all(bar.value is None for bar in self.bars)


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment on the axis of an incident, its text beside it on a lane of its own; `anchor` as in SVG.

    The text lies from `left` for `width`, both estimated.
    """

    x: float
    y: float
    text_x: float
    anchor: str
    left: float
    width: float
    kind: str
    text: str
    event: str


@dataclass(frozen=True, slots=True)
class Axis:
    """The time of an incident: bad from `bad_x` for `bad_width`; `is_open` = the bad part has no end yet."""

    height: float
    line_y: float
    bad_x: float
    bad_width: float
    is_open: bool
    marks: tuple[Mark, ...]
    ticks: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A kind of events in a cascade: who wrote them where. `parent` is the row above that led to it, -1 = none."""

    depth: int
    service: str
    topic: str
    events: int
    state: str
    parent: int
    event: str


@dataclass(frozen=True, slots=True)
class Tree:
    """A cascade, folded by service and topic; `more` kinds are left out."""

    rows: tuple[Row, ...]
    events: int
    more: int


def trend(
    title: str,
    figure: str,
    points: Sequence[tuple[Period, float | None, int, str, bool]],
    current: Period,
) -> Trend:
    """Return a trend of (period, value, on how many it rests, text of the value, watched)."""
    highest = max((value for _, value, _, _, _ in points if value), default=1.0)
    return Trend(
        title,
        figure,
        tuple(
            Bar(
                period=period,
                label=f"W{period.name.partition('-W')[2]}"
                if "-W" in period.name
                else f"{period.first:%d %b}",
                value=value if watched else None,
                height=(value or 0.0) / highest if watched else 0.0,
                text=text if watched else "",
                note=f"n = {n}",
                is_few=n < VERDICT_N_MIN,
                is_watched=watched,
                is_current=period == current,
            )
            for period, value, n, text, watched in points
        ),
    )


def axis(incident: Incident, timeline: Sequence[Moment], now: datetime, zone: tzinfo = UTC) -> Axis:
    """Return the time axis of an incident; moments more than two hours before it are left out."""
    end = incident.mitigated_time or now
    moments = [one for one in timeline if one.time >= incident.impact_time - _BEFORE][:_MOMENTS_MAX]
    times = [one.time for one in moments] + [incident.impact_time, end]
    first, last = min(times), max(times)
    length = max((last - first).total_seconds(), 1.0)
    margin = 8.0

    def x(moment: datetime) -> float:
        return round(margin + (moment - first).total_seconds() / length * (WIDTH - 2 * margin), 1)

    marks, lanes = _marks(moments, x, zone)
    line_y = lanes * _LANE + 10
    return Axis(
        height=line_y + 26,
        line_y=line_y,
        bad_x=x(incident.impact_time),
        bad_width=round(max(2.0, x(end) - x(incident.impact_time)), 1),
        is_open=incident.mitigated_time is None,
        marks=tuple(marks),
        ticks=tuple(_ticks(first, last, x, zone)),
    )


def _marks(moments: Sequence[Moment], x: _Place, zone: tzinfo) -> tuple[list[Mark], int]:
    """Place texts on lanes, so that none covers another."""
    lanes: list[list[Span]] = []
    marks: dict[int, Mark] = {}
    places = [x(one.time) for one in moments]
    for number in placing_order(places, WIDTH / 2):
        one, at = moments[number], places[number]
        text = f"{one.time.astimezone(zone):%H:%M:%S}  {visible(one.text, 90)}"
        if one.likelihood is not None:
            text += f" ({one.likelihood:.0%})"
        width = len(text) * _CHARACTER
        # Beside its stem, on the side with more room; where that is too little, as far as need be across the stem.
        to_the_left = at > WIDTH / 2
        begin = max(0.0, at - 6 - width) if to_the_left else max(0.0, min(at + 6, WIDTH - width))
        anchor_is_end = to_the_left and begin > 0
        covered = (min(begin, at), max(begin + width, at))
        lane = first_free_lane(lanes, covered, at, _APART)
        marks[number] = Mark(
            x=at,
            y=12 + lane * _LANE,
            text_x=round(at - 6 if anchor_is_end else begin, 1),
            anchor="end" if anchor_is_end else "start",
            left=round(begin, 1),
            width=round(min(width, WIDTH - begin), 1),
            kind=one.kind,
            text=text,
            event=one.event,
        )
    return [marks[number] for number in range(len(moments))], len(lanes)


def _ticks(first: datetime, last: datetime, x: _Place, zone: tzinfo) -> list[tuple[float, str]]:
    """Return a few round times between the ends."""
    length_s = (last - first).total_seconds()
    steps = (1, 5, 15, 60, 300, 900, 1_800, 3_600, 10_800, 21_600, 86_400, 604_800)
    step = next((size for size in steps if length_s / size <= 7), steps[-1])
    form = "%H:%M:%S" if step < 60 else "%H:%M" if step < 86_400 else "%d %b"
    at = (int(first.timestamp()) // step + 1) * step
    found: list[tuple[float, str]] = []
    while at < last.timestamp() and len(found) < 12:
        moment = datetime.fromtimestamp(at, UTC)
        if _TICK_ROOM < x(moment) < WIDTH - _TICK_ROOM:
            found.append((x(moment), f"{moment.astimezone(zone):{form}}"))
        at += step
    return found


Kind = tuple[str, str]


def tree(cascade: Cascade) -> Tree:
    """Return a cascade folded by who writes where, as rows below their causes, earliest first."""
    kinds: dict[Kind, list[EventRef]] = defaultdict(list)
    for ref, event in cascade.events.items():
        kinds[event.service, ref.topic].append(ref)
    kind_of = {ref: kind for kind, refs in kinds.items() for ref in refs}
    effects: dict[Kind, set[Kind]] = defaultdict(set)
    for edge in cascade.edges:
        if kind_of[edge.cause] != kind_of[edge.effect]:
            effects[kind_of[edge.cause]].add(kind_of[edge.effect])
    retried = {edge.effect for edge in cascade.edges if edge.relation == "retried"}
    rows = [
        _row(kind, kinds[kind], depth, parent, cascade, retried)
        for kind, depth, parent in _in_order(kinds, effects, cascade)
    ]
    return Tree(tuple(rows[:_ROWS_MAX]), len(cascade.events), max(0, len(rows) - _ROWS_MAX))


def _in_order(
    kinds: Mapping[Kind, Sequence[EventRef]], effects: Mapping[Kind, set[Kind]], cascade: Cascade
) -> Iterator[tuple[Kind, int, int]]:
    """Yield each kind with its depth and the number of the one above it: depth first, causes before effects."""
    first = {kind: min(cascade.events[ref].time for ref in refs) for kind, refs in kinds.items()}
    reached = {kind for led_to in effects.values() for kind in led_to}
    starts = sorted(kinds, key=lambda kind: (kind in reached, first[kind], kind), reverse=True)
    waiting = [(kind, 0, -1) for kind in starts]
    numbers: dict[Kind, int] = {}
    while waiting:
        kind, depth, parent = waiting.pop()
        if kind in numbers:
            continue
        numbers[kind] = len(numbers)
        yield kind, depth, parent
        below = sorted(effects.get(kind, ()), key=lambda one: (first[one], one), reverse=True)
        waiting.extend((one, depth + 1, numbers[kind]) for one in below)


def _row(
    kind: Kind,
    refs: Sequence[EventRef],
    depth: int,
    parent: int,
    cascade: Cascade,
    retried: Collection[EventRef],
) -> Row:
    dead = next((ref for ref in refs if cascade.events[ref].dead_letter), None)
    return Row(
        depth=depth,
        service=visible(kind[0], 40),
        topic=visible(kind[1], 60),
        events=len(refs),
        state="dead" if dead else "retry" if any(ref in retried for ref in refs) else "",
        parent=parent,
        event=str(dead or refs[0]),
    )
