"""What figures are made of, read from the store for periods that follow each other."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from collector.detect.read_incidents import read_deployments, read_incidents
from collector.report.period import Period
from collector.storage.api import Store
from schemas.incidents import Deployment, Incident
from schemas.records import EventRef

INCIDENTS_MAX = 20_000
CHANGES_MAX = 2_000


@dataclass(frozen=True, slots=True)
class Traffic:
    """Records of a topic in one step. `events` counts all of them, copies and dead letters too."""

    step: int
    topic: str
    events: int
    copies: int
    dead_letters: int


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """Dead letters in one step by source topic, group and reason. A failure that is given up twice is one failure."""

    step: int
    topic: str
    consumer_group: str
    exception: str
    dead_letters: int
    failures: int
    last_event: str


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """A change of a payload; see the table `schema_changes`. `summary` has names from payloads in it."""

    topic: str
    type: str
    change_id: str
    service: str
    service_version: str
    time: datetime
    first_event: str
    summary: str
    verdict: str
    state: str


@dataclass(frozen=True)
class Facts:
    """Everything of `steps`, which follow each other without a gap. Incidents are those with impact in them."""

    steps: tuple[Period, ...]
    incidents: tuple[Incident, ...] = ()
    deployments: tuple[Deployment, ...] = ()
    traffic: tuple[Traffic, ...] = ()
    dead_letters: tuple[DeadLetters, ...] = ()
    changes: tuple[SchemaChange, ...] = ()
    flows: dict[str, str] = field(default_factory=dict)
    teams: dict[str, str] = field(default_factory=dict)

    def steps_in(self, period: Period) -> set[int]:
        """Return the numbers of the steps that lie in a period, as in `Traffic.step`."""
        return {
            number
            for number, step in enumerate(self.steps)
            if period.first <= step.first and step.after <= period.after
        }


def read_facts(
    store: Store,
    steps: Sequence[Period],
    *,
    flows: dict[str, str] | None = None,
    teams: dict[str, str] | None = None,
) -> Facts:
    """Return the facts of `steps`, oldest first. `flows` and `teams` are patterns of topics, as in the settings."""
    since, until = steps[0].start, steps[-1].end
    span = {"since": since, "until": until, "bounds": [step.start for step in steps]}
    return Facts(
        steps=tuple(steps),
        incidents=tuple(read_incidents(store, since=since, until=until, incidents_max=INCIDENTS_MAX)),
        deployments=tuple(read_deployments(store, since=since, until=until)),
        traffic=tuple(
            Traffic(row["step"] - 1, row["topic"], row["events"], row["copies"], row["dead_letters"])
            for row in store.query("report_traffic", span)
        ),
        dead_letters=tuple(
            DeadLetters(
                row["step"] - 1,
                row["source_topic"],
                row["consumer_group"],
                row["exception"],
                row["dead_letters"],
                row["failures"],
                row["last_event"],
            )
            for row in store.query("report_dead_letters", span)
        ),
        changes=tuple(read_schema_changes(store, since, until)),
        flows=flows or {},
        teams=teams or {},
    )


def read_schema_changes(store: Store, since: datetime, until: datetime) -> list[SchemaChange]:
    """Return the changes of payloads in [since, until), newest first, at most CHANGES_MAX."""
    span = {"since": since, "until": until, "changes_max": CHANGES_MAX}
    return [
        SchemaChange(
            topic=row["topic"],
            type=row["type"],
            change_id=row["change_id"],
            service=row["service"],
            service_version=row["service_version"],
            time=row["first_time"],
            first_event=str(EventRef(row["topic"], row["first_partition"], row["first_offset"])),
            summary=row["summary"],
            verdict=row["verdict"],
            state=row["state"],
        )
        for row in store.query("report_schema_changes", span)
    ]
