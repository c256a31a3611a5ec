"""Incidents and the store: counting facts anew where something arrived, reading them, writing what was judged."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from collector.detect.incident_facts import HABIT_DAYS, BadSlot, Counts, Scope, Series
from collector.detect.read_incidents import incident_row
from collector.detect.reconcile import Entry
from collector.storage.api import Store
from schemas import arrow
from schemas.incidents import Deployment, Incident, IncidentKind

COUNTED = ("traffic", "dead_letters", "retries", "duplicates", "versions")
RANGES_MAX = 24
_APART = timedelta(hours=1)
_OVERLAP = timedelta(seconds=60)
_SLOT = timedelta(seconds=10)
_SETTLED = timedelta(
    seconds=2
)  # writes are dated by the second: what is newer may get company under the same date
_LOST_TRACK = timedelta(hours=20)  # batch_events keeps a day
_MONTH = timedelta(days=31)

_BEGIN = datetime(1970, 1, 2, tzinfo=UTC)

STORED = "stored"
FOUND = "found"
LOOKED = "looked"
WATCHING = "watching"
_TOPIC_MARK = "dead letters on "

Range = tuple[datetime, datetime]
FactKey = tuple[str, str, str, str]
"""Kind of fact, topic, service, consumer group."""

# Which facts make which incidents; the first sees in the bad events of the second what is bad for it.
KINDS: dict[IncidentKind, tuple[str, ...]] = {
    "dead_letters": ("dead_letters",),
    "schema_break": ("dead_letters",),
    "retry_storm": ("retries",),
    "duplicates": ("duplicates",),
    "flow_stuck": ("stuck",),
    "out_of_order": ("order",),
}
OWN_TOTALS = ("stuck",)


@dataclass(frozen=True)
class Touched:
    """Where something arrived since the last look, and the marks to set when it has been judged."""

    ranges: Sequence[Range]
    marks: Mapping[str, datetime]

    @property
    def since(self) -> datetime | None:
        """The oldest moment at which anything changed."""
        return min((since for since, _ in self.ranges), default=None)


def touched(store: Store, marks: Mapping[str, datetime], now: datetime) -> Touched:
    """Return what was stored since the marks; without marks, or after a day without a look, everything there is.

    What the collectors stored is told by the store's clock, what the watchers found by theirs.
    """
    stored, found = marks.get(STORED), marks.get(FOUND)
    if stored is None or found is None or now - marks.get(LOOKED, now) > _LOST_TRACK:
        (extent,) = store.query("incident_extent")
        if not extent["events"]:
            return Touched([], {})
        ranges = _months(extent["first_time"], max(extent["last_time"], extent["last_observed_time"]) + _SLOT)
        return Touched(ranges, {STORED: extent["read_time"] - _SETTLED, FOUND: _BEGIN, LOOKED: now})
    rows = store.query("incident_touched", {"stored": stored - _OVERLAP, "found": found - _OVERLAP})
    fresh, minutes = _fresh_topics(store, marks, now)
    newest = {
        by: max((row["newest"] for row in rows if row["by"] == by), default=before)
        for by, before in (("store", stored), ("watcher", found))
    }
    settled = {
        "store": max((row["read_time"] for row in rows), default=now) - _SETTLED,
        "watcher": now - _SETTLED,
    }
    next_marks = {
        STORED: max(stored, min(newest["store"], settled["store"])),
        FOUND: max(found, min(newest["watcher"], settled["watcher"])),
        LOOKED: now,
        **fresh,
    }
    if newest["store"] <= stored and newest["watcher"] <= found and not fresh:
        return Touched([], next_marks)
    return Touched(merged({row["minute"] for row in rows} | minutes), next_marks)


def _fresh_topics(
    store: Store, marks: Mapping[str, datetime], now: datetime
) -> tuple[dict[str, datetime], set[datetime]]:
    """Return marks for topics that were not known to hold dead letters, and the minutes of what lies there."""
    topics = [row["topic"] for row in store.query("incident_dead_letter_topics")]
    fresh = [topic for topic in topics if _TOPIC_MARK + topic not in marks]
    if not fresh:
        return {}, set()
    rows = store.query("incident_dead_letter_minutes", {"topics": fresh})
    return {_TOPIC_MARK + topic: now for topic in fresh}, {row["minute"] for row in rows}


def merged(minutes: Iterable[datetime]) -> list[Range]:
    """Return ranges that hold these minutes: few, so that the oldest ones may be long."""
    ranges: list[Range] = []
    apart = _APART
    ordered = sorted(minutes)
    while True:
        ranges = []
        for minute in ordered:
            end = minute + timedelta(minutes=1)
            if ranges and minute - ranges[-1][1] <= apart:
                ranges[-1] = (ranges[-1][0], end)
            else:
                ranges.append((minute, end))
        if len(ranges) <= RANGES_MAX:
            return ranges
        apart *= 4


def count_facts(store: Store, ranges: Sequence[Range], version: int) -> None:
    """Count every slot of the ranges anew. Safe to repeat: the newest count replaces the others."""
    for since, until in ranges:
        for name in COUNTED:
            store.execute(f"incident_count_{name}", {"since": since, "until": until, "version": version})


def read_series(store: Store, since: datetime, until: datetime) -> list[Series]:
    """Return the facts of every scope with something bad in [since, until)."""
    span = {"since": since, "until": until}
    kinds = sorted({fact for facts in KINDS.values() for fact in facts})
    bads: dict[FactKey, list[BadSlot]] = defaultdict(list)
    for row in store.query("incident_bads", {**span, "kinds": kinds}):
        bads[row["kind"], row["topic"], row["service"], row["consumer_group"]].append(_bad_slot(row))
    if not bads:
        return []
    topics = sorted({topic for _, topic, _, _ in bads})
    totals, own_totals = _totals(store, topics, since, until)
    days = _days(store, topics, kinds, since - timedelta(days=HABIT_DAYS + 1), until)
    found = []
    for kind, facts in KINDS.items():
        for (fact, topic, service, group), slots in bads.items():
            if fact in facts:
                key = (fact, topic, service, group)
                total = own_totals.get(key) if fact in OWN_TOTALS else totals.get(topic)
                scope = Scope(kind, topic, service, group)
                found.append(Series(scope, slots, total or Counts(), days.get(key, {})))
    return found


def _totals(
    store: Store, topics: Sequence[str], since: datetime, until: datetime
) -> tuple[dict[str, Counts], dict[FactKey, Counts]]:
    """Return all records by topic, and what else is a total by the facts that have one of their own."""
    asked = {"since": since, "until": until, "topics": list(topics)}
    traffic = {row["topic"]: _counts(row) for row in store.query("incident_totals", asked)}
    own = {
        (row["kind"], row["topic"], row["service"], row["consumer_group"]): _counts(row)
        for row in store.query("incident_own_totals", {**asked, "kinds": list(OWN_TOTALS)})
    }
    return traffic, own


def _counts(row: Mapping[str, Any]) -> Counts:
    return Counts([int(slot) for slot in row["slots"]], [int(n) for n in row["counts"]])


def _days(
    store: Store, topics: Sequence[str], kinds: Sequence[str], since: datetime, until: datetime
) -> dict[FactKey, dict[int, tuple[int, int]]]:
    rows = store.query(
        "incident_days", {"topics": list(topics), "kinds": list(kinds), "since": since, "until": until}
    )
    traffic: dict[str, dict[int, int]] = defaultdict(dict)
    found: dict[FactKey, dict[int, tuple[int, int]]] = defaultdict(dict)
    for row in rows:
        day = row["day"].toordinal() - datetime(1970, 1, 1).toordinal()
        if row["kind"] == "traffic":
            traffic[row["topic"]][day] = row["total"]
        else:
            key = (row["kind"], row["topic"], row["who"], row["consumer_group"])
            found[key][day] = (row["bad"], row["total"])
    return {
        key: own
        if key[0] in OWN_TOTALS
        else {day: (own.get(day, (0, 0))[0], total) for day, total in traffic[key[1]].items()}
        for key, own in found.items()
    }


def _bad_slot(row: dict[str, Any]) -> BadSlot:
    seen = [int(moment.timestamp()) for moment in row["seen"]]
    return BadSlot(
        slot_s=int(row["slot"].timestamp()),
        bad=row["bad"],
        first_ms=round(row["first_time"].timestamp() * 1_000),
        last_ms=round(row["last_time"].timestamp() * 1_000),
        seen=tuple(zip(seen, row["seen_count"], strict=True)),
        sample=row["sample"],
    )


def read_marks(store: Store) -> dict[str, datetime]:
    """Return how far detection has come, by name."""
    return {row["name"]: row["time"] for row in store.query("incident_marks")}


def write_marks(store: Store, marks: Mapping[str, datetime], version: int) -> None:
    """Say how far detection has come."""
    rows = [{"name": name, "time": time, "version": version} for name, time in marks.items()]
    table = pa.Table.from_pylist(rows, schema=arrow.INCIDENT_MARKS)
    store.insert("incident_marks", table, token=f"marks-{version}-{len(rows)}")


def write_incidents(
    store: Store, incidents: Sequence[Incident], entries: Sequence[Entry], version: int
) -> None:
    """Write rows and diary lines of one evaluation. The diary comes first: a row without its lines is never seen."""
    lines = [
        {
            "incident_id": entry.incident_id,
            "time": entry.time,
            "change": entry.change,
            "text": entry.text,
            "change_key": entry.key,
        }
        for entry in entries
    ]
    rows = [incident_row(incident, version) for incident in incidents]
    token = f"{version}-{len(rows)}-{len(lines)}"
    table = pa.Table.from_pylist(lines, schema=arrow.INCIDENT_CHANGES)
    store.insert("incident_changes", table, token=f"diary-{token}")
    store.insert("incidents", pa.Table.from_pylist(rows, schema=arrow.INCIDENTS), token=f"incidents-{token}")


def write_deployments(store: Store, deployments: Sequence[Deployment], now: datetime) -> None:
    """Write what was deployed; the same told again changes nothing."""
    rows = [
        {**{name: getattr(one, name) for name in Deployment.__slots__}, "observed_time": now}
        for one in deployments
    ]
    table = pa.Table.from_pylist(rows, schema=arrow.DEPLOYMENTS)
    store.insert("deployments", table, token=f"deployments-{now.timestamp()}-{len(rows)}")


def moment_of(version: int) -> datetime:
    """Return the time of an evaluation."""
    return datetime.fromtimestamp(version / 1_000, UTC)


def _months(since: datetime, until: datetime) -> list[Range]:
    ranges = []
    since = since.replace(second=0, microsecond=0)
    while since < until:
        ranges.append((since, min(since + _MONTH, until)))
        since += _MONTH
    return ranges
