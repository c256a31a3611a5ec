"""What changed around incidents: payloads, deployments, consumer groups, partitions. Read from the store."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from collector.detect.causes import Change, Flow
from collector.detect.measures import deployments_in
from collector.detect.read_incidents import read_deployments
from collector.detect.versions import Seen, deployments_of
from collector.storage.api import Store
from schemas.incidents import Deployment

BREAKING_WEIGHT = 1.0
UNKNOWN_WEIGHT = 0.5
COMPATIBLE_WEIGHT = 0.15
DEPLOYMENT_WEIGHT = 0.7
GROUP_WEIGHT = 0.4
PARTITIONS_WEIGHT = 0.5
_HABIT = timedelta(days=1)
_FLOW = timedelta(days=2)


def read_changes(store: Store, since: datetime, until: datetime) -> list[Change]:
    """Return every change in [since, until) that may have caused something, oldest first."""
    span = {"since": since, "until": until}
    changes = [_of_schema(row) for row in store.query("incident_schema_changes", span)]
    deployments = deployments_in(read_deployments(store, since=since, until=until), since, until)
    changes += [_of_deployment(one) for one in deployments]
    changes += _of_groups(store, span)
    for row in store.query("incident_new_partitions", span):
        text = f"{row['topic']} got {row['partitions']} more partition{'s' if row['partitions'] > 1 else ''}"
        changes.append(
            Change("broker_change", row["time"], text, topic=row["topic"], weight=PARTITIONS_WEIGHT)
        )
    return sorted(changes, key=lambda change: (change.time, change.kind, change.text))


def read_flow(store: Store, since: datetime, until: datetime) -> Flow:
    """Return what led to what around a span of time, and who wrote where."""
    span = {"since": max(since, until - _FLOW), "until": until}
    edges = [
        (row["cause_topic"], row["effect_service"], row["effect_topic"])
        for row in store.query("incident_flow", span)
    ]
    producers: dict[str, list[str]] = {}
    for row in store.query("incident_producers", span):
        producers.setdefault(row["topic"], []).append(row["service"])
    return Flow(edges, producers)


def find_deployments(store: Store, since: datetime, until: datetime) -> list[Deployment]:
    """Return the versions that events show to have taken effect in [since, until)."""
    rows = store.query("incident_versions", {"since": since - _HABIT, "until": until})
    if not rows:
        return []
    ever = {
        (row["service"], row["version"]): row["first_time"] for row in store.query("incident_versions_ever")
    }
    beginning: dict[str, datetime] = {}
    for (service, _), time in ever.items():
        beginning[service] = min(time, beginning.get(service, time))
    seen = [Seen(row["service"], row["version"], row["events"], row["first_time"]) for row in rows]
    return [one for one in deployments_of(seen, ever, beginning) if one.time >= since]


def _of_schema(row: Mapping[str, Any]) -> Change:
    known = {"breaking": BREAKING_WEIGHT, "": UNKNOWN_WEIGHT}
    first_use = (
        f"first use of {row['to_schema']}: " if row["kind"] == "schema_id" and row["to_schema"] else ""
    )
    verdict = f" ({row['verdict']})" if row["verdict"] else ""
    return Change(
        "schema_change",
        row["first_time"],
        f"{row['topic']} changed its payload{verdict}: {first_use}{row['summary']}",
        service=row["service"],
        topic=row["topic"],
        event=f"{row['topic']}/{row['first_partition']}/{row['first_offset']}",
        weight=known.get(row["verdict"], COMPATIBLE_WEIGHT),
    )


def _of_deployment(one: Deployment) -> Change:
    told = "was deployed" if one.source == "webhook" else "took effect"
    where = f" ({one.environment})" if one.environment else ""
    return Change(
        "deployment",
        one.time,
        f"{one.service} {one.version} {told}{where}",
        one.service,
        weight=DEPLOYMENT_WEIGHT,
    )


def _of_groups(store: Store, span: Mapping[str, datetime]) -> Iterator[Change]:
    rows = store.query("incident_group_changes", span)
    for group, own in groupby(rows, key=lambda row: row["consumer_group"]):
        before: Mapping[str, Any] | None = None
        for row in own:
            if before and row["members"] != before["members"]:
                text = f"{group} went from {before['members']} to {row['members']} members"
                yield Change(
                    "consumer_change", row["observed_time"], text, consumer_group=group, weight=GROUP_WEIGHT
                )
            before = row
