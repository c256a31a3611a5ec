"""What the Schema drift page and `headwater drift` say: changes with whom they hit. Reads the store, writes nothing."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from collector.detect.drift_findings import Finding, find_mixtures
from collector.storage.api import Store
from schemas.drift import SchemaChange, read_change

CHANGES_MAX = 500
READERS_WITHIN = timedelta(days=1)
MIXTURES_WITHIN = timedelta(days=1)
INCIDENT_WITHIN = timedelta(hours=2)
RECENT = timedelta(hours=1)

Ask = Callable[..., list[dict[str, Any]]]
"""Asks `schemas/queries/<name>.sql`: name, then parameters by name. The page's own has a cache in between."""


def asking(store: Store) -> Ask:
    """Return what asks a store without a cache. Lists travel as tuples, which a cache can hold."""

    def ask(name: str, /, **params: Any) -> list[dict[str, Any]]:
        return store.query(
            name, {key: list(value) if isinstance(value, tuple) else value for key, value in params.items()}
        )

    return ask


@dataclass(frozen=True, slots=True)
class Failures:
    """Dead letters that carried a change: how many failures, of whom, why, since when. `reason_id`: of most of them."""

    consumer_group: str
    exception: str
    failures: int
    first_time: datetime
    last_time: datetime
    first_event: str
    reason_id: str


@dataclass(frozen=True, slots=True)
class Told:
    """A change, and whom it hits. `groups` read the topic (with their lag); `services` made something of it."""

    change: SchemaChange
    groups: tuple[tuple[str, int], ...]
    services: tuple[tuple[str, tuple[str, ...]], ...]
    dead_letters: tuple[Failures, ...]
    incidents: tuple[tuple[str, str], ...]

    @property
    def failures(self) -> int:
        """How many failures carried the change."""
        return sum(each.failures for each in self.dead_letters)

    @property
    def is_going_on(self) -> bool:
        """Tell whether records of both forms still come."""
        return self.change.state == "rolling_out"

    @property
    def is_rolled_back(self) -> bool:
        """Tell whether only records of the old form come again."""
        return self.change.state == "reverted"

    @property
    def breaks_readers(self) -> bool:
        """Tell whether readers of the form before cannot read the new one, as far as is known."""
        return self.change.verdict in ("breaking", "backward")


@dataclass(frozen=True, slots=True)
class Drift:
    """Everything that is known of drift since a time. `records` were looked at; 0 = nothing was seen."""

    since: datetime
    records: int
    topics: int
    newest_time: datetime | None
    changes: tuple[Told, ...]
    findings: tuple[Finding, ...]


def read_drift(ask: Ask, now: datetime, since: datetime) -> Drift:
    """Return the changes since, newest first, with whom they hit, and what else is odd on topics."""
    changes = [read_change(row) for row in ask("schema_changes", since=since, rows_max=CHANGES_MAX)]
    seen = ask("drift_newest", since=since)[0]
    mixtures = ask("drift_formats", since=now - MIXTURES_WITHIN)
    ids = sorted({row["schema_id"] for row in mixtures if row["schema_id"]})
    schemas = {row["schema_id"]: row for row in ask("schemas_known", schema_ids=tuple(ids))} if ids else {}
    return Drift(
        since=since,
        records=seen["records"],
        topics=seen["topics"],
        newest_time=seen["newest_time"] if seen["records"] else None,
        changes=tuple(tell(ask, changes, now)),
        findings=tuple(find_mixtures(mixtures, schemas)),
    )


def tell(ask: Ask, changes: Sequence[SchemaChange], now: datetime) -> list[Told]:
    """Return the changes with whom they hit."""
    if not changes:
        return []
    topics = tuple(sorted({change.topic for change in changes}))
    since = now - READERS_WITHIN
    groups = _by_topic(ask("drift_readers", topics=topics, since=since))
    services = _by_topic(
        ask("drift_downstream", topics=topics, since=min([since, *(change.first_time for change in changes)]))
    )
    dead: dict[str, list[Failures]] = {}
    for row in ask("drift_dead_letters", change_ids=tuple(sorted(change.change_id for change in changes))):
        values = {name: row[name] for name in Failures.__slots__}
        dead.setdefault(row["change_id"], []).append(Failures(**values))
    first = min(change.first_time for change in changes)
    incidents = ask("drift_incidents", topics=topics, since=first - INCIDENT_WITHIN)
    return [
        Told(
            change,
            tuple((row["consumer_group"], row["lag"]) for row in groups.get(change.topic, ())),
            tuple(
                (row["service"] or "not named", tuple(sorted(row["topics"])))
                for row in services.get(change.topic, ())
            ),
            tuple(dead.get(change.change_id, ())),
            tuple(_incidents(change, incidents)),
        )
        for change in changes
    ]


def _by_topic(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["topic"], []).append(row)
    return found


def _incidents(change: SchemaChange, rows: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str, str]]:
    """Yield id and title of the incidents that began while the change was there, or soon after it."""
    for row in rows:
        if change.first_time <= row["impact_time"] <= change.last_new_time + INCIDENT_WITHIN and (
            row["topic"] == change.topic or f'"{change.topic}"' in row["causes"]
        ):
            yield row["incident_id"], row["title"]


def told_row(told: Told) -> dict[str, Any]:
    """Return what the command line writes of a change."""
    change = told.change
    return {
        "change_id": change.change_id,
        "topic": change.topic,
        "type": change.type or None,
        "kind": change.kind,
        "summary": change.summary,
        "fields": [{**asdict(field), "said": field.said} for field in change.fields],
        "service": change.service or None,
        "service_version": change.service_version or None,
        "first_event": str(change.first),
        "first_time": change.first_time,
        "detected_time": change.detected_time,
        "from_schema": change.from_schema or None,
        "to_schema": change.to_schema or None,
        "verdict": change.verdict or None,
        "verdict_rule": change.verdict_rule,
        "state": change.state,
        "new_share": round(change.new_share, 4),
        "new_events": change.new_events,
        "old_events": change.old_events,
        "complete_time": change.complete_time,
        "reverted_time": change.reverted_time,
        "evidence": change.evidence,
        "consumer_groups": [{"group": name, "lag": lag} for name, lag in told.groups],
        "downstream": [{"service": name, "topics": list(topics)} for name, topics in told.services],
        "dead_letters": [asdict(each) for each in told.dead_letters],
        "incidents": [{"incident_id": id_, "title": title} for id_, title in told.incidents],
    }


def drift_row(drift: Drift) -> dict[str, Any]:
    """Return what the command line writes as JSON."""
    return {
        "since": drift.since,
        "records": drift.records,
        "topics": drift.topics,
        "newest_time": drift.newest_time,
        "changes": [told_row(told) for told in drift.changes],
        "findings": [asdict(each) for each in drift.findings],
    }
