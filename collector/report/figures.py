"""The figures of a period beside those of the one before. Pure: facts in, numbers with their evidence out."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from collector.detect import measures
from collector.detect.measures import DEFINITIONS, VERDICT_N_MIN, Direction, Durations, Share
from collector.report.facts import Facts
from collector.report.period import Period
from schemas.incidents import Deployment, Incident

Key = Literal["flow", "topic", "team", "service"]
TIMES: tuple[measures.Measure, ...] = ("detect", "acknowledge", "mitigate", "restore")
_STEADY_SHARE = 0.2
_WEEKS_IN_QUARTER = 13
_OF_WHOM = {
    "topic": "of the services that write to it or failed on it",
    "flow": "of the services that write to it or failed on it",
}


@dataclass(frozen=True, slots=True)
class Selection:
    """What the figures are about: everything, or one flow, topic, team or service."""

    key: Key | None = None
    value: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """What happened in a period. None = there was nothing to measure, which is not zero.

    Rates per week and quarter are of the `watched` part of the period: from the first record on, and not after now.
    """

    period: Period
    key: Key | None
    watched: tuple[datetime, datetime] | None
    incidents: tuple[Incident, ...]
    folded: int
    withdrawn: int
    times: dict[str, Durations]
    deployments: tuple[Deployment, ...]
    deployments_per_week: float | None
    change_failures: Share
    recovery: Durations
    failing: tuple[Incident, ...]
    drift: tuple[Incident, ...]
    drift_per_quarter: float | None
    originals: int
    dead_letters: int | None
    dead_letter_rate: float | None

    @property
    def per_week_over(self) -> float:
        """The weeks that were watched."""
        return (self.watched[1] - self.watched[0]) / timedelta(weeks=1) if self.watched else 0.0

    @property
    def still_open(self) -> tuple[Incident, ...]:
        """The incidents that are not over."""
        return tuple(one for one in self.incidents if one.resolved_time is None)

    @property
    def backfilled(self) -> int:
        """How many of the incidents were found in history."""
        return sum(1 for one in self.incidents if one.backfilled)


@dataclass(frozen=True, slots=True)
class Line:
    """One figure, now and before. `value` and `p90` are in `unit`; `n` says on how many it rests."""

    name: str
    title: str
    definition: str
    unit: str
    value: float | None
    p90: float | None
    n: int
    before: float | None
    before_n: int
    direction: Direction
    note: str
    incidents: tuple[str, ...]


def figures(facts: Facts, period: Period, selection: Selection = Selection()) -> Figures:
    """Return the figures of `period`, which must be made of whole steps of `facts`."""
    chosen = [one for one in facts.incidents if _is_about(one, selection)]
    counted = measures.counted(chosen, period.start, period.end)
    began = [one for one in chosen if period.start <= one.impact_time < period.end]
    # What a deployment broke may begin when the period of the deployment is over.
    to_blame = measures.counted(chosen, period.start, period.end + measures.CHANGE_WINDOW)
    services = _services(facts, selection)
    known = [one for one in facts.deployments if services is None or one.service in services]
    deployments = measures.deployments_in(known, period.start, period.end)
    drift = measures.drift_incidents(counted)
    originals, dead = _traffic(facts, period, selection)
    watched = facts.watched(period)
    # Of a service no records are counted here; it is seen as long as anything is.
    is_seen = bool(originals or counted or selection.key == "service")
    return Figures(
        period=period,
        key=selection.key,
        watched=watched,
        incidents=tuple(counted),
        folded=sum(1 for one in began if one.parent_id),
        withdrawn=sum(1 for one in began if one.state == "withdrawn"),
        times={name: measures.durations(name, counted) for name in TIMES},
        deployments=tuple(deployments),
        deployments_per_week=measures.per_week(len(deployments), *watched) if known and watched else None,
        change_failures=measures.change_failure_rate(deployments, to_blame),
        recovery=measures.failed_deployment_recovery(deployments, to_blame),
        failing=tuple(one for one in to_blame if measures.blamed(one, deployments)),
        drift=tuple(drift),
        drift_per_quarter=measures.per_quarter(len(drift), *watched) if watched and is_seen else None,
        originals=originals,
        dead_letters=dead if originals or dead else None,
        dead_letter_rate=measures.per_thousand(dead, originals),
    )


def lines(now: Figures, before: Figures) -> list[Line]:
    """Return every figure with its definition, how it was before, and the incidents that it rests on."""
    found = [_time_line(name, now, before) for name in TIMES]
    failed = tuple(one.incident_id for one in now.failing)
    found.append(
        _rate_line(
            "deployment_frequency",
            now.deployments_per_week,
            before.deployments_per_week,
            len(now.deployments),
            len(before.deployments),
            enough=min(len(now.deployments), len(before.deployments)) >= VERDICT_N_MIN,
            note=_OF_WHOM.get(now.key or "", ""),
        )
    )
    ambiguous = now.change_failures.ambiguous
    found.append(
        _rate_line(
            "change_failure_rate",
            now.change_failures.share,
            before.change_failures.share,
            now.change_failures.of,
            before.change_failures.of,
            enough=min(now.change_failures.of, before.change_failures.of) >= VERDICT_N_MIN,
            note=f"{now.change_failures.count} of {now.change_failures.of} failed"
            + (f", {ambiguous} of them ambiguous" if ambiguous else ""),
            incidents=failed,
        )
    )
    found.append(_durations_line("failed_deployment_recovery", now.recovery, before.recovery, failed))
    found.append(
        _rate_line(
            "drift_incidents",
            now.drift_per_quarter,
            before.drift_per_quarter,
            len(now.drift),
            len(before.drift),
            enough=_are_enough(
                len(now.drift), before.drift_per_quarter, now.per_week_over / _WEEKS_IN_QUARTER
            ),
            incidents=tuple(one.incident_id for one in now.drift),
        )
    )
    found.append(
        _rate_line(
            "dead_letter_rate",
            now.dead_letter_rate,
            before.dead_letter_rate,
            now.dead_letters or 0,
            before.dead_letters or 0,
            enough=_are_enough(now.dead_letters or 0, before.dead_letter_rate, now.originals / 1_000),
            note=_against(now),
        )
    )
    return found


def _against(now: Figures) -> str:
    if now.key == "service":
        return "counted by topic, not by service"
    return f"against {now.originals:,} records" if now.originals else ""


def names(facts: Facts, period: Period, key: Key) -> list[str]:
    """Return the flows, topics, teams or services that had an incident, worst (longest impact) first.

    Behind them come flows and teams that are declared and had none.
    """
    grouped = measures.group(measures.counted(facts.incidents, period.start, period.end), key)
    declared = {"flow": facts.flows, "team": facts.teams}.get(key, {})
    found = (grouped.keys() | declared.keys()) - {""}
    return sorted(found, key=lambda name: (-impact_s(grouped.get(name, ()), facts.now), name))


def impact_s(incidents: Iterable[Incident], now: datetime) -> float:
    """Return the seconds of impact of all incidents, added up; one that is not over lasts until now."""
    return sum(((one.mitigated_time or now) - one.impact_time).total_seconds() for one in incidents)


def _time_line(name: measures.Measure, now: Figures, before: Figures) -> Line:
    measured = tuple(one.incident_id for one in now.incidents if measures.durations(name, [one]).n)
    return _durations_line(name, now.times[name], before.times[name], measured)


def _durations_line(name: str, now: Durations, before: Durations, incidents: tuple[str, ...]) -> Line:
    definition = DEFINITIONS[name]
    return Line(
        name=name,
        title=definition.title,
        definition=definition.text,
        unit="s",
        value=now.median_s,
        p90=now.p90_s,
        n=now.n,
        before=before.median_s,
        before_n=before.n,
        direction=measures.compare(now, before),
        note=", ".join(f"{number} {why}" for why, number in sorted(now.left_out.items())),
        incidents=incidents,
    )


def _rate_line(
    name: str,
    value: float | None,
    before: float | None,
    n: int,
    before_n: int,
    *,
    enough: bool,
    note: str = "",
    incidents: tuple[str, ...] = (),
) -> Line:
    definition = DEFINITIONS[name]
    higher = definition.better == "higher"
    return Line(
        name=name,
        title=definition.title,
        definition=definition.text,
        unit=definition.unit,
        value=value,
        p90=None,
        n=n,
        before=before,
        before_n=before_n,
        direction=_moved(value, before, enough=enough, higher_is_better=higher),
        note=note,
        incidents=incidents,
    )


def _are_enough(n: int, rate_before: float | None, over: float) -> bool:
    """Return whether a number of things says anything: five were seen, or as many were to be expected as before."""
    return max(n, (rate_before or 0.0) * over) >= VERDICT_N_MIN


def _moved(value: float | None, before: float | None, *, enough: bool, higher_is_better: bool) -> Direction:
    """Compare as measures.compare does: few say nothing, and less than a fifth is no change."""
    if value is None or before is None:
        return "no data"
    if not enough:
        return "too few"
    if abs(value - before) <= _STEADY_SHARE * before:
        return "steady"
    return "better" if (value > before) == higher_is_better else "worse"


def _is_about(incident: Incident, selection: Selection) -> bool:
    return selection.key is None or getattr(incident, selection.key) == selection.value


def _services(facts: Facts, selection: Selection) -> set[str] | None:
    """Return whose deployments count, None for all: of a flow or a topic, those that write to it or failed on it."""
    if selection.key is None:
        return None
    if selection.key == "service":
        return {selection.value}
    if selection.key == "team":
        pattern = facts.teams.get(selection.value, "")
        return {one.service for one in facts.deployments if pattern and re.fullmatch(pattern, one.service)}
    wanted = topic_filter(facts, selection)
    writers = {name for topic, names in facts.writers.items() if wanted(topic) for name in names}
    return writers | {one.service for one in facts.incidents if _is_about(one, selection) and one.service}


def _traffic(facts: Facts, period: Period, selection: Selection) -> tuple[int, int]:
    """Return the records that are no copies, and the dead letters that came from their topics."""
    steps = facts.steps_in(period)
    wanted = topic_filter(facts, selection)
    originals = sum(
        one.events - one.copies for one in facts.traffic if one.step in steps and wanted(one.topic)
    )
    dead = sum(one.dead_letters for one in facts.dead_letters if one.step in steps and wanted(one.topic))
    return originals, dead


def topic_filter(facts: Facts, selection: Selection) -> Callable[[str], bool]:
    """Return what says whether a topic belongs to the selection. A service is no topic: none does."""
    if selection.key is None:
        return lambda _: True
    if selection.key == "topic":
        return lambda topic: topic == selection.value
    patterns = {"flow": facts.flows, "team": facts.teams}.get(selection.key, {})
    pattern = patterns.get(selection.value)
    return (lambda topic: bool(re.fullmatch(pattern, topic))) if pattern else (lambda _: False)


def trend(
    facts: Facts, measure: measures.Measure, steps: Sequence[Period], selection: Selection
) -> list[tuple[Period, Durations]]:
    """Return `measure` for each step; a step without one says so with n = 0."""
    chosen = [one for one in facts.incidents if _is_about(one, selection)]
    return [
        (step, measures.durations(measure, measures.counted(chosen, step.start, step.end))) for step in steps
    ]
