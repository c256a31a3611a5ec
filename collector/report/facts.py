"""What figures are made of, read from the store for periods that follow each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from collector.detect.measures import CHANGE_WINDOW
from collector.detect.read_incidents import read_deployments, read_incidents
from collector.report.period import Period
from collector.storage.api import Store
from schemas.incidents import Deployment, Incident
from schemas.records import EventRef

INCIDENTS_MAX = 20_000
CHANGES_MAX = 2_000
WATCHED_MIN = timedelta(days=1)


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
    """Everything of `steps`, which follow each other without a gap, as of `now`.

    Incidents are those with impact in them or so shortly after that a deployment in them may have caused it.
    `first_time` is the hour of the oldest record of all, None = there is none. `writers` are services by topic. `cut`:
    there were more incidents.
    """

    steps: tuple[Period, ...]
    now: datetime
    first_time: datetime | None = None
    incidents: tuple[Incident, ...] = ()
    deployments: tuple[Deployment, ...] = ()
    traffic: tuple[Traffic, ...] = ()
    dead_letters: tuple[DeadLetters, ...] = ()
    changes: tuple[SchemaChange, ...] = ()
    flows: Mapping[str, str] = field(default_factory=dict)
    teams: Mapping[str, str] = field(default_factory=dict)
    writers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    cut: bool = False

    def watched(self, period: Period) -> tuple[datetime, datetime] | None:
        """Return the part of a period of which there can be data: from the first record on, and not after `now`.

        None for nothing, or less than a day: what a few hours say is no rate per week.
        """
        if self.first_time is None:
            return None
        start, end = max(period.start, self.first_time), min(period.end, self.now)
        return (start, end) if end - start >= WATCHED_MIN else None

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
    now: datetime,
    *,
    flows: Mapping[str, str] | None = None,
    teams: Mapping[str, str] | None = None,
) -> Facts:
    """Return the facts of `steps`, oldest first. `flows` and `teams` are patterns of topics, as in the settings."""
    since, until = steps[0].start, steps[-1].end
    bounds = [step.start for step in steps]
    incidents = read_incidents(
        store, since=since, until=until + CHANGE_WINDOW, incidents_max=INCIDENTS_MAX + 1
    )
    traffic = read_traffic(store, bounds, until)
    first = store.query("report_first_hour", {"until": until})[0]
    return Facts(
        steps=tuple(steps),
        now=now,
        first_time=first["first_hour"] if first["rows"] else None,
        incidents=tuple(incidents[:INCIDENTS_MAX]),
        deployments=tuple(read_deployments(store, since=since, until=until)),
        traffic=tuple(traffic),
        dead_letters=tuple(read_dead_letters(store, bounds, until)),
        changes=tuple(read_schema_changes(store, since, until)),
        flows=flows or {},
        teams=teams or {},
        writers={
            row["topic"]: tuple(row["services"])
            for row in store.query("report_writers", {"since": since, "until": until})
        },
        cut=len(incidents) > INCIDENTS_MAX,
    )


def read_traffic(store: Store, bounds: Sequence[datetime], until: datetime) -> list[Traffic]:
    """Return the records per topic and step; steps begin at `bounds` (ascending), the last one ends with `until`."""
    rows = store.query("report_traffic", {"since": bounds[0], "until": until, "bounds": list(bounds)})
    return [
        Traffic(row["step"] - 1, row["topic"], row["events"], row["copies"], row["dead_letters"])
        for row in rows
    ]


def read_dead_letters(store: Store, bounds: Sequence[datetime], until: datetime) -> list[DeadLetters]:
    """Return the dead letters per step, as `read_traffic` counts steps, by when they were given up."""
    rows = store.query("report_dead_letters", {"since": bounds[0], "until": until, "bounds": list(bounds)})
    return [
        DeadLetters(
            step=row["step"] - 1,
            topic=row["source_topic"],
            consumer_group=row["consumer_group"],
            exception=row["exception"],
            dead_letters=row["dead_letters"],
            failures=row["failures"],
            last_event=row["last_event"],
        )
        for row in rows
    ]


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
