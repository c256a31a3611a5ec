"""A week as a team reviews it: what broke and why, what got better, what is still to be done. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from collector.detect import measures
from collector.detect.story import Blast, Moment, Story, tell
from collector.report.facts import Facts
from collector.report.figures import Figures, Line, Selection, impact_s
from collector.report.follow_ups import FollowUp
from collector.report.objectives import Kept
from collector.report.period import Period
from collector.report.pictures import Axis, Tree, Trend, axis, trend
from collector.report.reliability import Part, Step, part, step
from collector.report.words import number, seconds, short
from collector.words import count, many, visible
from schemas.incidents import Incident

WEEKS_SHOWN = 8
WEEKS_COMPARED = 4
STORIES_MAX = 12
OTHERS_MAX = 200
WORST_MAX = 8
Kind = Literal["no data", "quiet", "usual"]


@dataclass(frozen=True, slots=True)
class Traced:
    """What was found down and up the cascades of an incident's bad events, and what else happened around it."""

    blast: Blast | None
    tree: Tree | None
    moments: tuple[Moment, ...] = ()


@dataclass(frozen=True, slots=True)
class Telling:
    """An incident with its story and pictures."""

    incident: Incident
    story: Story
    axis: Axis
    tree: Tree | None


@dataclass(frozen=True, slots=True)
class Worst:
    """A topic or service: its incidents, how long they lasted together, and dead letters (None = not counted)."""

    name: str
    incidents: tuple[Incident, ...]
    impact_s: float
    dead_letters: int | None


@dataclass(frozen=True)
class Review:
    """Everything the report of a week says. `others` are incidents without a story of their own."""

    week: Period
    now: datetime
    kind: Kind
    sentence: str
    notes: tuple[str, ...]
    everything: Part
    weeks: tuple[Step, ...]
    trends: tuple[Trend, ...]
    tellings: tuple[Telling, ...]
    others: tuple[Incident, ...]
    worst_topics: tuple[Worst, ...]
    worst_services: tuple[Worst, ...]
    better: tuple[str, ...]
    worse: tuple[str, ...]
    follow_ups: tuple[FollowUp, ...]
    kept: tuple[Kept, ...] = field(default=())


def weeks_of(week: Period) -> list[Period]:
    """Return the weeks that are read for a report, oldest first, the one that it is about last."""
    return [week.before(back) for back in range(WEEKS_SHOWN - 1, 0, -1)] + [week]


def compared_with(week: Period) -> Period:
    """Return the weeks before that a week is compared with."""
    return Period(week.first - timedelta(weeks=WEEKS_COMPARED), week.first, week.zone)


def chosen(facts: Facts, week: Period) -> tuple[list[Incident], list[Incident]]:
    """Return the incidents of a week whose story is told, what is not over first, then the longest; and the rest."""
    counted = measures.counted(facts.incidents, week.start, week.end)
    order = sorted(
        counted,
        key=lambda one: (one.mitigated_time is not None, -impact_s([one], facts.now), one.incident_id),
    )
    return order[:STORIES_MAX], order[STORIES_MAX:]


def review(
    facts: Facts,
    week: Period,
    *,
    traced: Mapping[str, Traced],
    follow_ups: Sequence[FollowUp] = (),
    kept: Sequence[Kept] = (),
) -> Review:
    """Put a report together. `traced` is by incident id; what is not in it has no picture of a cascade."""
    everything = part(facts, week, compared_with(week), Selection())
    told, others = chosen(facts, week)
    weeks = tuple(step(facts, one) for one in facts.steps)
    better, worse = _moved(everything, facts, week)
    return Review(
        week=week,
        now=facts.now,
        kind=_kind(everything.now),
        sentence=_sentence(everything, facts.now),
        notes=tuple(_notes(facts, week, everything)),
        everything=everything,
        weeks=weeks,
        trends=tuple(_trends(weeks, week)),
        tellings=tuple(_telling(one, facts, week, traced.get(one.incident_id)) for one in told),
        others=tuple(others[:OTHERS_MAX]),
        worst_topics=tuple(_worst(everything.now.incidents, "topic", facts, week)),
        worst_services=tuple(_worst(everything.now.incidents, "service", facts, week)),
        better=tuple(better),
        worse=tuple(worse),
        follow_ups=tuple(follow_ups),
        kept=tuple(kept),
    )


def _kind(now: Figures) -> Kind:
    if now.incidents:
        return "usual"
    return "quiet" if now.originals else "no data"


def _sentence(everything: Part, at: datetime) -> str:
    now = everything.now
    if not now.incidents:
        if not now.originals:
            return "No data: not one record of this week was seen, which is not the same as a quiet week."
        deployed = f" and {many(len(now.deployments), 'deployment')}" if now.deployments else ""
        return f"A quiet week: no incident in {count(now.originals)} records{deployed}."
    total = many(len(now.incidents), "incident")
    open_ = f", {count(len(now.still_open))} of them not over" if now.still_open else ""
    longest = max(now.incidents, key=lambda one: (impact_s([one], at), one.incident_id))
    title = visible(longest.title, 120).rstrip(".")
    lasted = f"{seconds(impact_s([longest], at))}{'' if longest.mitigated_time else ' so far'}"
    said = f"{total}{open_}; " if len(now.incidents) > 1 else "One incident: "
    said += f"the longest was {title} ({lasted})" if len(now.incidents) > 1 else f"{title} ({lasted})"
    restore = next(line for line in everything.lines if line.name == "restore")
    if restore.direction in ("better", "worse", "steady"):
        verb = {"better": "faster than", "worse": "slower than", "steady": "about as fast as"}[
            restore.direction
        ]
        before = f"in the {WEEKS_COMPARED} weeks before ({seconds(restore.before)})"
        return f"{said}. Half of them were over within {seconds(restore.value)}, {verb} {before}."
    return f"{said}."


def _notes(facts: Facts, week: Period, everything: Part) -> list[str]:
    """Return what to know before reading on: weeks that are not over, not whole, or have nothing before them."""
    notes = []
    if facts.now < week.end:
        notes.append(f"This week is not over: the report is as of {facts.now:%a %d %b %Y %H:%M} UTC.")
    if facts.first_time and week.start < facts.first_time < week.end:
        notes.append(
            f"The first record is of {facts.first_time:%a %d %b %H:%M} UTC: before it nothing is known."
        )
    if everything.now.originals and everything.before.watched is None:
        notes.append("This is the first week with data: there is nothing to compare it with yet.")
    if everything.now.backfilled:
        notes.append(
            f"{many(everything.now.backfilled, 'incident')} found in history that was read later: counted for the time "
            "to restore, but not for the time to detect, as nobody could have noticed."
        )
    if facts.cut:
        notes.append("There are more incidents than are counted here.")
    return notes


def _telling(one: Incident, facts: Facts, week: Period, traced: Traced | None) -> Telling:
    parent = next((other for other in facts.incidents if other.incident_id == one.parent_id), None)
    children = [other for other in facts.incidents if other.parent_id == one.incident_id]
    story = tell(
        one,
        facts.now,
        zone=week.zone,
        blast=traced.blast if traced else None,
        parent=parent,
        children=children,
        changes=traced.moments if traced else (),
    )
    return Telling(
        one, story, axis(one, story.timeline, facts.now, week.zone), traced.tree if traced else None
    )


def _trends(weeks: Sequence[Step], week: Period) -> list[Trend]:
    restore = [
        (one.period, one.restore.median_s, one.restore.n, short(one.restore.median_s), one.is_watched)
        for one in weeks
    ]
    drift = [
        (one.period, float(one.drift), measures.VERDICT_N_MIN, str(one.drift), one.is_watched)
        for one in weeks
    ]
    dead = [
        (
            one.period,
            one.dead_letter_rate,
            measures.VERDICT_N_MIN,
            number(one.dead_letter_rate, "").strip(),
            one.is_watched,
        )
        for one in weeks
    ]
    return [
        trend("Time to restore, median", "restore", restore, week),
        trend("Schema drift incidents", "drift_incidents", drift, week),
        trend("Dead letters per 1,000 records", "dead_letter_rate", dead, week),
    ]


def _worst(
    incidents: Sequence[Incident], key: Literal["topic", "service"], facts: Facts, week: Period
) -> list[Worst]:
    grouped = measures.group(incidents, key)
    steps = facts.steps_in(week)
    dead: dict[str, int] = {}
    if key == "topic":
        for one in facts.dead_letters:
            if one.step in steps:
                dead[one.topic] = dead.get(one.topic, 0) + one.dead_letters
    found = [
        Worst(
            name,
            tuple(grouped.get(name, ())),
            impact_s(grouped.get(name, ()), facts.now),
            dead.get(name, 0) if key == "topic" else None,
        )
        for name in (grouped.keys() | dead.keys()) - {""}
    ]
    return sorted(found, key=lambda one: (-one.impact_s, -(one.dead_letters or 0), one.name))[:WORST_MAX]


def _moved(everything: Part, facts: Facts, week: Period) -> tuple[list[str], list[str]]:
    """Return what got better and what got worse, in words."""
    better = [_said(line) for line in everything.lines if line.direction == "better"]
    worse = [_said(line) for line in everything.lines if line.direction == "worse"]
    now = measures.group(everything.now.incidents, "topic")
    before = measures.group(everything.before.incidents, "topic")
    had_traffic = {one.topic for one in facts.traffic if one.step in facts.steps_in(week) and one.events}
    for topic, ones in sorted(before.items(), key=lambda item: (-len(item[1]), item[0])):
        if topic in had_traffic and topic not in now and len(ones) > 1:
            better.append(
                f"{visible(topic, 80)}: no incident, after {len(ones)} in the {WEEKS_COMPARED} weeks before."
            )
    if everything.before.watched:
        for topic in sorted(now.keys() - before.keys() - {""}):
            worse.append(f"{visible(topic, 80)}: {many(len(now[topic]), 'incident')}, after none before.")
    return better[:WORST_MAX], worse[:WORST_MAX]


def _said(line: Line) -> str:
    return f"{line.title}: {number(line.value, line.unit)}, before {number(line.before, line.unit)}."
