"""What incidents and deployments add up to: times, rates, budgets. Pure; every definition stands beside its measure.

Counted are incidents that are nobody's child (what was folded into another is one failure, told once) and that were
not withdrawn. An incident belongs to the period in which its impact began. No verdict below VERDICT_N_MIN, and where
nothing was counted the answer is None, never zero.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median, quantiles
from typing import Literal

from collector.detect.causes import is_ambiguous, is_same_change
from schemas.incidents import Deployment, Incident

VERDICT_N_MIN = 5
STEADY_SHARE = 0.2
CHANGE_WINDOW = timedelta(hours=2)

Measure = Literal["detect", "acknowledge", "mitigate", "restore"]
Key = Literal["flow", "topic", "team", "service", "kind"]
Direction = Literal["better", "worse", "steady", "too few", "no data"]


@dataclass(frozen=True, slots=True)
class Definition:
    """What a number means, for people; `better` says in which direction it improves."""

    title: str
    text: str
    unit: str
    better: Literal["lower", "higher"]


DEFINITIONS: dict[str, Definition] = {
    "detect": Definition(
        "Time to detect (MTTD)",
        "From the first bad event to the evaluation that opened the incident. Incidents that were found in history "
        "read later are left out: nobody could have noticed them in time.",
        "s",
        "lower",
    ),
    "acknowledge": Definition(
        "Time to acknowledge (MTTA)",
        "From detection to the first acknowledgement by a person or a webhook. Incidents that nobody acknowledged are "
        "left out, and their number is shown: unknown is not zero.",
        "s",
        "lower",
    ),
    "mitigate": Definition(
        "Time to mitigate (MTTR, mitigate)",
        "From detection to the last bad event. Zero where the last bad event came before the detection. Incidents "
        "that are not over, and those found in history, are left out.",
        "s",
        "lower",
    ),
    "restore": Definition(
        "Time to restore (MTTR, restore)",
        "From the first bad event to the last one: how long users felt it, whenever it was noticed. It does not wait "
        "for the incident to be called resolved, which takes enough good traffic, nor for what is left behind.",
        "s",
        "lower",
    ),
    "deployment_frequency": Definition(
        "Deployments",
        "Versions that took effect, as told by the webhook, else seen as a new service version on events or spans; a "
        "return to an earlier version counts. The same version seen by several sources within ten minutes is one.",
        "per week",
        "higher",
    ),
    "change_failure_rate": Definition(
        "Change failure rate",
        "Deployments for which an incident names a deployment of that service within two hours before its impact as "
        "its likeliest cause, divided by all deployments (not by incidents). Where two deployments are about "
        "as likely, the nearer counts and the incident is counted as ambiguous.",
        "share",
        "lower",
    ),
    "failed_deployment_recovery": Definition(
        "Failed deployment recovery",
        "From a deployment to the last bad event of the last incident that is put down to it. (Others take the time "
        "from opening to closing the ticket; nobody files a ticket here.)",
        "s",
        "lower",
    ),
    "drift_incidents": Definition(
        "Schema drift incidents",
        "Incidents that a breaking change of a payload opened, or that name one as their likeliest cause, per 91 days.",
        "per quarter",
        "lower",
    ),
    "dead_letter_rate": Definition(
        "Dead-letter rate",
        "Dead letters, by when they were given up, for every 1,000 records of all topics asked for. Copies (retries, "
        "dead letters, what was sent again) are not counted as records.",
        "per 1,000",
        "lower",
    ),
    "error_budget": Definition(
        "Error budget",
        "The share of records that the objective allows to be given up over its window. Bad are failures: a record "
        "that one consumer group gives up, once. Burn 1 uses the budget up exactly; what is left may be negative.",
        "share",
        "higher",
    ),
}


@dataclass(frozen=True, slots=True)
class Durations:
    """Seconds over `n` incidents; None = none was counted. `left_out` says how many were not, and why."""

    n: int
    median_s: float | None
    p90_s: float | None
    left_out: dict[str, int] = field(default_factory=dict)

    @property
    def is_enough(self) -> bool:
        """Whether there are enough to say anything of them."""
        return self.n >= VERDICT_N_MIN


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """One step of a trend."""

    start: datetime
    end: datetime
    durations: Durations


@dataclass(frozen=True, slots=True)
class Share:
    """`count` of `of`; `share` is None where there was nothing to divide by."""

    count: int
    of: int
    ambiguous: int = 0

    @property
    def share(self) -> float | None:
        """The fraction, 0..1."""
        return self.count / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class Budget:
    """How an objective was kept. Shares are 0..1, `left` may be below 0; None = there was no traffic."""

    objective: float
    bad: int
    total: int
    bad_share: float | None
    left: float | None
    burn: float | None


def counted(incidents: Iterable[Incident], start: datetime, end: datetime) -> list[Incident]:
    """Return those whose impact began in [start, end), without children and withdrawn ones, oldest first."""
    return sorted(
        (
            incident
            for incident in incidents
            if start <= incident.impact_time < end
            and not incident.parent_id
            and incident.state != "withdrawn"
        ),
        key=lambda incident: (incident.impact_time, incident.incident_id),
    )


def group(incidents: Iterable[Incident], key: Key) -> dict[str, list[Incident]]:
    """Return the incidents by flow, topic, team, service or kind; '' holds those that name none."""
    found: dict[str, list[Incident]] = defaultdict(list)
    for incident in incidents:
        found[getattr(incident, key)].append(incident)
    return dict(found)


def durations(measure: Measure, incidents: Iterable[Incident]) -> Durations:
    """Return median and 90th percentile of `measure` over incidents that `counted` chose."""
    values: list[float] = []
    left_out: dict[str, int] = defaultdict(int)
    for incident in incidents:
        value = _MEASURED[measure](incident)
        if isinstance(value, str):
            left_out[value] += 1
        else:
            values.append(value)
    return summarize(values, dict(left_out))


def summarize(values_s: Sequence[float], left_out: dict[str, int] | None = None) -> Durations:
    """Return median and 90th percentile (linear between neighbours) of some seconds."""
    if not values_s:
        return Durations(0, None, None, left_out or {})
    p90 = quantiles(values_s, n=10, method="inclusive")[8] if len(values_s) > 1 else values_s[0]
    return Durations(len(values_s), median(values_s), p90, left_out or {})


def trend(
    measure: Measure, incidents: Sequence[Incident], start: datetime, end: datetime, step: timedelta
) -> list[TrendPoint]:
    """Return `measure` for each step between the times; the last step may be shorter."""
    points = []
    while start < end:
        until = min(start + step, end)
        points.append(TrendPoint(start, until, durations(measure, counted(incidents, start, until))))
        start = until
    return points


def compare(now: Durations, before: Durations) -> Direction:
    """Return how the median moved; a change of less than a fifth is none, and few incidents say nothing."""
    if now.median_s is None or before.median_s is None:
        return "no data"
    if not (now.is_enough and before.is_enough):
        return "too few"
    if abs(now.median_s - before.median_s) <= STEADY_SHARE * before.median_s:
        return "steady"
    return "better" if now.median_s < before.median_s else "worse"


def deployments_in(
    deployments: Iterable[Deployment], start: datetime, end: datetime, service: str | None = None
) -> list[Deployment]:
    """Return the deployments in [start, end), each once, oldest first: what a webhook says outranks what was seen."""
    ranks = {"webhook": 0, "span": 1, "header": 2}
    kept: list[Deployment] = []
    wanted = (one for one in deployments if start <= one.time < end and service in (None, one.service))
    for one in sorted(wanted, key=lambda one: (one.time, ranks[one.source])):
        twin = next((position for position, other in enumerate(kept) if _is_same(one, other)), None)
        if twin is None:
            kept.append(one)
        elif ranks[one.source] < ranks[kept[twin].source]:
            kept[twin] = one
    return sorted(kept, key=lambda one: one.time)


def per_week(count: int, start: datetime, end: datetime) -> float | None:
    """Return the number per seven days; None for a period without length."""
    weeks = (end - start) / timedelta(weeks=1)
    return count / weeks if weeks > 0 else None


def blamed(incident: Incident, deployments: Iterable[Deployment]) -> Deployment | None:
    """Return the deployment that the incident is put down to, if a deployment is its likeliest cause."""
    if not incident.causes:
        return None
    service = incident.causes[0].service
    if incident.causes[0].kind != "deployment" and not _has_deployment_beside(incident):
        return None
    candidates = [
        one
        for one in deployments
        if one.service == service and incident.impact_time - CHANGE_WINDOW <= one.time <= incident.impact_time
    ]
    return max(candidates, key=lambda one: one.time, default=None)


def change_failure_rate(deployments: Sequence[Deployment], incidents: Sequence[Incident]) -> Share:
    """Return how many of these deployments an incident is put down to."""
    failed = {one for incident in incidents if (one := blamed(incident, deployments))}
    unclear = sum(
        1 for incident in incidents if is_ambiguous(incident.causes) and blamed(incident, deployments)
    )
    return Share(len(failed), len(deployments), unclear)


def failed_deployment_recovery(deployments: Sequence[Deployment], incidents: Sequence[Incident]) -> Durations:
    """Return the times from each failed deployment to the end of all that it broke."""
    broken: dict[Deployment, list[Incident]] = defaultdict(list)
    for incident in incidents:
        if one := blamed(incident, deployments):
            broken[one].append(incident)
    values = []
    left_out: dict[str, int] = defaultdict(int)
    for one, ones in broken.items():
        ends = [incident.mitigated_time for incident in ones]
        over = [end for end in ends if end is not None]
        if len(over) < len(ends):
            left_out["not over"] += 1
        else:
            values.append((max(over) - one.time).total_seconds())
    return summarize(values, dict(left_out))


def drift_incidents(incidents: Iterable[Incident]) -> list[Incident]:
    """Return the incidents that a changed payload opened or is the likeliest cause of."""
    return [
        incident
        for incident in incidents
        if incident.kind == "schema_break" or (incident.causes and incident.causes[0].kind == "schema_change")
    ]


def per_quarter(count: int, start: datetime, end: datetime) -> float | None:
    """Return the number per 91 days; None for a period without length."""
    quarters = (end - start) / timedelta(days=91)
    return count / quarters if quarters > 0 else None


def per_thousand(bad: int, total: int) -> float | None:
    """Return dead letters per 1,000 records; None where there were no records."""
    return 1_000 * bad / total if total else None


def error_budget(objective: float, bad: int, total: int) -> Budget:
    """Return what is left of the budget that `objective` (0..1, e.g. 0.999) allows, for one window's counts."""
    if not total:
        return Budget(objective, bad, total, None, None, None)
    share = min(bad / total, 1.0)
    burn = share / (1 - objective)
    return Budget(objective, bad, total, share, 1 - burn, burn)


def _detect(incident: Incident) -> float | str:
    if incident.backfilled:
        return "found in history"
    if incident.detected_time is None:
        return "not known"
    return max(0.0, (incident.detected_time - incident.impact_time).total_seconds())


def _acknowledge(incident: Incident) -> float | str:
    if incident.acknowledged_time is None:
        return "not acknowledged"
    if incident.detected_time is None:
        return "found in history"
    return max(0.0, (incident.acknowledged_time - incident.detected_time).total_seconds())


def _mitigate(incident: Incident) -> float | str:
    if incident.backfilled or incident.detected_time is None:
        return "found in history"
    if incident.mitigated_time is None:
        return "not over"
    return max(0.0, (incident.mitigated_time - incident.detected_time).total_seconds())


def _restore(incident: Incident) -> float | str:
    if incident.mitigated_time is None:
        return "not over"
    return (incident.mitigated_time - incident.impact_time).total_seconds()


_MEASURED: dict[Measure, Callable[[Incident], float | str]] = {
    "detect": _detect,
    "acknowledge": _acknowledge,
    "mitigate": _mitigate,
    "restore": _restore,
}


def _is_same(one: Deployment, other: Deployment) -> bool:
    return (
        one.service == other.service
        and one.version == other.version
        and one.source != other.source
        and abs(one.time - other.time) <= timedelta(minutes=10)
    )


def _has_deployment_beside(incident: Incident) -> bool:
    """A release that changes a payload is one change: it counts as a deployment of that service."""
    first = incident.causes[0]
    return first.kind == "schema_change" and any(
        cause.kind == "deployment" and is_same_change(first, cause) for cause in incident.causes
    )
