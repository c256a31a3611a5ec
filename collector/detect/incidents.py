"""Judges stored facts: which incidents there were, and how each stands now. Pure: the same facts give the same answer.

`judge` looks at the facts alone. `reconcile` meets what was said before: what arrived late may move the ends of an
incident, but not its name.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from collector.detect.causes import Change, Flow, rank_causes
from collector.detect.fold import fold
from collector.detect.incident_facts import Scope, Series
from collector.detect.judge_rates import Stretch, judge_rates
from collector.detect.rules import Rule, Rules
from schemas.incidents import Cause, Incident, IncidentKind

_BEFORE_S = 900
_BEFORE_BAD_MIN = 3


@dataclass(frozen=True)
class Facts:
    """Everything that judging may look at, of a span of time.

    `others` are stretches that were not found by rates (silence, standstill), by scope.
    """

    series: Sequence[Series] = ()
    others: Sequence[tuple[Scope, Stretch]] = ()
    changes: Sequence[Change] = ()
    flow: Flow = field(default_factory=Flow)
    watching_since_s: float = 0.0


@dataclass(frozen=True)
class Names:
    """How incidents are filed: patterns of topics and services by flow and by team; the first that matches counts."""

    flows: Mapping[str, str] = field(default_factory=dict)
    teams: Mapping[str, str] = field(default_factory=dict)

    def flow(self, topic: str) -> str:
        """Return the flow of a topic, empty = none is declared for it."""
        return _first(self.flows, [topic])

    def team(self, *names: str) -> str:
        """Return the team that one of these services or topics belongs to; the earlier name counts more."""
        return _first(self.teams, names)


@dataclass(frozen=True)
class Judged:
    """An incident and the moments of its life that the row does not hold."""

    incident: Incident
    reopened: Sequence[datetime] = ()
    escalated: datetime | None = None


def judge(facts: Facts, rules: Rules, now: datetime, names: Names | None = None) -> list[Judged]:
    """Return every incident in the facts as it stands at `now`, oldest first, with causes and parents."""
    now_s = int(now.timestamp())
    found: list[tuple[Scope, Stretch]] = [(scope, stretch) for scope, stretch in facts.others]
    for series in facts.series:
        rule = rules.of(series.scope.kind, series.scope.topic)
        if rule.enabled:
            stretches = _judge_series(series, rule, now_s, facts)
            found += [(series.scope, stretch) for stretch in stretches]
    judged = [_judged(scope, stretch, names or Names()) for scope, stretch in found]
    explained = [
        replace(one, incident=replace(one.incident, causes=_causes(one.incident, facts))) for one in judged
    ]
    parents = fold([one.incident for one in explained], facts.flow)
    folded = [replace(one, incident=parents[one.incident.incident_id]) for one in explained]
    return sorted(folded, key=lambda one: (one.incident.impact_time, one.incident.incident_id))


def incident_id(scope: Scope, impact: datetime) -> str:
    """Return the id that everybody gives who finds this incident first."""
    said = "\n".join(
        (
            scope.kind,
            scope.topic,
            scope.service,
            scope.consumer_group,
            impact.isoformat(timespec="milliseconds"),
        )
    )
    return hashlib.blake2b(said.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def title_of(kind: IncidentKind, topic: str, who: str) -> str:
    """Return what is wrong, in a few words. Names in it come from the wire."""
    return _TITLES[kind](topic or "an unknown topic", who or "somebody")


def _judge_series(series: Series, rule: Rule, now_s: int, facts: Facts) -> list[Stretch]:
    if series.scope.kind != "schema_break":
        return judge_rates(series, rule, now_s, facts.watching_since_s)
    return _after_breaks(series, rule, now_s, facts)


def _after_breaks(series: Series, rule: Rule, now_s: int, facts: Facts) -> list[Stretch]:
    """Return failures that began behind a breaking change of the topic's payload."""
    breaks = [
        change.time.timestamp()
        for change in facts.changes
        if change.kind == "schema_change" and change.topic == series.scope.topic and change.weight >= 1
    ]
    if not breaks:
        return []

    def is_near_one(moment_s: float) -> bool:
        return any(at - 60 <= moment_s <= at + rule.within_s for at in breaks)

    def began_behind_one(stretch: Stretch) -> bool:
        return is_near_one(stretch.impact_ms / 1_000)

    # Whatever fails within the time is looked at; the judge decides by the same means whether it is too much.
    soon = [slot for slot in series.bad if is_near_one(slot.slot_s)]
    begun = filter(
        began_behind_one, judge_rates(replace(series, bad=soon), rule, now_s, facts.watching_since_s)
    )
    first_s = min((stretch.impact_ms / 1_000 for stretch in begun), default=None)
    if first_s is None:
        return []
    # What began then may go on for much longer.
    bad = [slot for slot in series.bad if is_near_one(slot.slot_s) or slot.slot_s >= first_s]
    stretches = judge_rates(replace(series, bad=bad), rule, now_s, facts.watching_since_s)
    return [one for one in stretches if began_behind_one(one) and not _failed_before(series, one, breaks)]


def _failed_before(series: Series, stretch: Stretch, breaks: Sequence[float]) -> bool:
    """Return whether as much failed in the time before the change already: then it was something else."""
    at = max(one for one in breaks if one - 60 <= stretch.impact_ms / 1_000)
    from_s, until_s = at - 60 - _BEFORE_S, at - 60
    bad = sum(slot.bad for slot in series.bad if from_s <= slot.slot_s < until_s)
    share = stretch.bad / max(1, stretch.total)
    return bad >= _BEFORE_BAD_MIN and bad >= share / 2 * series.total.between(from_s, until_s)


def _judged(scope: Scope, stretch: Stretch, names: Names) -> Judged:
    impact = _moment_ms(stretch.impact_ms)
    who = scope.consumer_group or scope.service
    incident = Incident(
        incident_id=incident_id(scope, impact),
        kind=scope.kind,
        scope=scope.text,
        topic=scope.topic,
        service=scope.service,
        consumer_group=scope.consumer_group,
        flow=names.flow(scope.topic),
        team=names.team(scope.service, scope.consumer_group, scope.topic),
        severity=stretch.severity,
        title=title_of(scope.kind, scope.topic, who),
        impact_time=impact,
        detected_time=_moment_s(stretch.detected_s),
        acknowledged_time=None,
        mitigated_time=None if stretch.mitigated_ms is None else _moment_ms(stretch.mitigated_ms),
        resolved_time=_moment_s(stretch.resolved_s),
        reopened=len(stretch.reopened_s),
        parent_id="",
        backfilled=stretch.backfilled,
        bad=stretch.bad,
        total=stretch.total,
        left_behind=0,
        sample_events=stretch.samples,
        state=stretch.phase,
    )
    reopened = [moment for second in stretch.reopened_s if (moment := _moment_s(second))]
    return Judged(incident, reopened, _moment_s(stretch.escalated_s))


def _causes(incident: Incident, facts: Facts) -> tuple[Cause, ...]:
    return rank_causes(
        facts.changes,
        impact_time=incident.impact_time,
        topic=incident.topic,
        consumer=incident.consumer_group or incident.service,
        service=incident.service,
        flow=facts.flow,
    )


def _first(patterns: Mapping[str, str], names: Iterable[str]) -> str:
    for name in names:
        for said, pattern in patterns.items():
            if name and re.fullmatch(pattern, name):
                return said
    return ""


def _moment_ms(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1_000, UTC)


def _moment_s(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


_TITLES: dict[IncidentKind, Callable[[str, str], str]] = {
    "dead_letters": lambda topic, who: f"{who} fails on {topic}",
    "retry_storm": lambda topic, who: f"{who} tries {topic} again and again",
    "schema_break": lambda topic, who: f"{who} cannot read the new form of {topic}",
    "consumer_stalled": lambda topic, who: f"{who} stands still on {topic}",
    "producer_silent": lambda topic, who: f"{who} has stopped writing to {topic}",
    "flow_stuck": lambda topic, who: f"{who} does not follow up on {topic} in time",
    "duplicates": lambda topic, who: f"{who} writes duplicates to {topic}",
    "out_of_order": lambda topic, who: f"{who} handles {topic} out of order",
}
