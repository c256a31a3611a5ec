"""Incidents and what may have caused them, as frozen types. Times are UTC and aware."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

IncidentKind = Literal[
    "dead_letters",
    "retry_storm",
    "schema_break",
    "consumer_stalled",
    "producer_silent",
    "flow_stuck",
    "duplicates",
    "out_of_order",
]
Severity = Literal["page", "ticket"]
CauseKind = Literal["schema_change", "deployment", "upstream_incident", "broker_change", "consumer_change"]
State = Literal["open", "no data", "mitigated", "resolved", "withdrawn"]
"""`mitigated`: nothing bad any more, but not yet enough good traffic to call it over. `no data`: nothing comes, so
nobody can tell. `withdrawn`: what arrived later shows that it was none, or was another; no measure counts it."""
ChangeKind = Literal[
    "opened", "escalated", "corrected", "mitigated", "resolved", "reopened", "folded", "acknowledged"
]
DeploymentSource = Literal["webhook", "header", "span"]


@dataclass(frozen=True, slots=True)
class Cause:
    """A candidate for the cause of an incident. `likelihood` is 0..1 among the candidates; `event` may be empty."""

    kind: CauseKind
    time: datetime
    text: str
    likelihood: float
    service: str = ""
    topic: str = ""
    event: str = ""


@dataclass(frozen=True, slots=True)
class Incident:
    """A stretch of impact; the columns of the table `incidents`, where each field is explained. None = not known."""

    incident_id: str
    kind: IncidentKind
    scope: str
    topic: str
    service: str
    consumer_group: str
    flow: str
    team: str
    severity: Severity
    title: str
    impact_time: datetime
    detected_time: datetime | None
    acknowledged_time: datetime | None
    mitigated_time: datetime | None
    resolved_time: datetime | None
    reopened: int
    parent_id: str
    backfilled: bool
    bad: int
    total: int
    left_behind: int
    causes: tuple[Cause, ...] = ()
    sample_events: tuple[str, ...] = ()
    state: State = "open"
    acknowledged_by: str = ""


@dataclass(frozen=True, slots=True)
class IncidentChange:
    """A line in the diary of an incident; a row of `incident_changes`. `time` is when it became known."""

    incident_id: str
    time: datetime
    change: ChangeKind
    text: str


@dataclass(frozen=True, slots=True)
class Deployment:
    """A version that took effect; a row of `deployments`. Empty text = not said."""

    service: str
    version: str
    time: datetime
    source: DeploymentSource
    environment: str = ""
    deployment_id: str = ""
    url: str = ""
