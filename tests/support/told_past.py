"""Weeks of a small company with known truth: what broke, when, for how long and why, and what was written.

The truth is made first; the rows of the store are made from it. A test counts from the truth by means of its own and
compares with what the store's figures say.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pyarrow as pa

from collector.detect.dead_letters_find import FindDeadLetters
from collector.detect.read_incidents import incident_row
from collector.lineage.link import link_batches
from collector.settings import load
from collector.storage.api import Store
from schemas import arrow
from schemas.drift import FieldChange, SchemaChange, change_row
from schemas.incidents import Cause, Deployment, Incident
from schemas.records import EventRef, coordinates_name
from tests.support.rows import events_table

WRITERS = {
    "orders": "web-checkout",
    "payments": "payments",
    "stock": "inventory",
    "shipments": "shipping",
    "emails": "notifier",
}
READERS = {
    "orders": "payments",
    "payments": "shipping",
    "stock": "inventory",
    "shipments": "notifier",
    "emails": "analytics",
}
FLOWS = {"buying": "orders|payments", "delivering": "shipments|stock"}
TEAMS = {"money": "payments", "goods": "stock|shipments|shipping|inventory"}
_FLOW = {topic: flow for flow, topics in FLOWS.items() for topic in topics.split("|")}
_TEAM = {"payments": "money", "stock": "goods", "shipments": "goods"}


@dataclass(frozen=True, slots=True)
class Release:
    """A version that took effect; `told` by whom."""

    service: str
    version: str
    time: datetime
    told: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """What really happened. `lasted` None = it goes on, `noticed` None = it was read from history."""

    number: int
    kind: str
    topic: str
    begin: datetime
    noticed: timedelta | None
    acknowledged: timedelta | None
    lasted: timedelta | None
    release: Release | None
    is_drift: bool
    part_of: int | None
    was_none: bool
    given_up: int

    @property
    def failing(self) -> str:
        """The service that failed."""
        return READERS[self.topic]

    @property
    def counts(self) -> bool:
        """Whether figures count it at all."""
        return self.part_of is None and not self.was_none


@dataclass
class Past:
    """The truth. `written` are records that are no copies; `given_up` dead letters, with group and origin."""

    begin: datetime
    now: datetime
    releases: list[Release] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    written: list[tuple[datetime, str]] = field(default_factory=list)
    given_up: list[tuple[datetime, str, str, str]] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list, repr=False)
    samples: dict[int, list[str]] = field(default_factory=dict, repr=False)
    _next: dict[str, int] = field(default_factory=dict, repr=False)


def past(
    now: datetime, *, seed: int = 1, weeks: int = 10, per_week: float = 6.0, per_hour: float = 1.5
) -> Past:
    """Return `weeks` up to `now` with about `per_week` failures a week, fewer and shorter ones as time goes by."""
    random = Random(seed)
    made = Past(now - timedelta(weeks=weeks), now)
    _release(made, random)
    for week in range(weeks):
        start = made.begin + timedelta(weeks=week)
        rate = per_week * (1.3 - 0.8 * week / weeks)
        for _ in range(int(rate) + (random.random() < rate % 1)):
            _fail(made, random, start + timedelta(days=7) * random.random(), hardness=1.6 - week / weeks)
    made.failures.sort(key=lambda one: one.begin)
    _write(made, random, per_hour)
    return made


def _release(made: Past, random: Random) -> None:
    at, version = made.begin + timedelta(hours=5), 1
    while at < made.now - timedelta(hours=1):
        service = random.choice(sorted(set(WRITERS.values())))
        told = random.choice([("webhook",), ("header",), ("webhook", "header"), ("span", "header")])
        made.releases.append(Release(service, f"1.{version}.0", _ms(at), told))
        version += 1
        at += timedelta(hours=random.expovariate(1 / 40) + 3)


def _fail(made: Past, random: Random, begin: datetime, hardness: float) -> None:
    if begin > made.now - timedelta(minutes=5):
        return
    release = random.choice(made.releases) if random.random() < 0.4 else None
    if release:
        begin = release.time + timedelta(seconds=random.uniform(30, 5400))
    topic = random.choice(sorted(WRITERS))
    lasted = timedelta(seconds=random.lognormvariate(6.9, 0.8) * hardness)
    goes_on = begin + lasted > made.now
    history = random.random() < 0.15
    parents = [
        one.number for one in made.failures if one.counts and abs(one.begin - begin) < timedelta(days=1)
    ]
    made.failures.append(
        Failure(
            number=len(made.failures),
            kind=random.choice(
                ["dead_letters"] * 4 + ["schema_break", "consumer_stalled", "producer_silent"]
            ),
            topic=topic,
            begin=_ms(begin),
            noticed=None if history else _whole(random.uniform(20, 400)),
            acknowledged=_whole(random.uniform(30, 1200)) if not history and random.random() < 0.6 else None,
            lasted=None if goes_on else _whole(lasted.total_seconds()),
            release=release,
            is_drift=bool(release) and random.random() < 0.4,
            part_of=random.choice(parents) if parents and random.random() < 0.15 else None,
            was_none=random.random() < 0.05,
            given_up=random.randint(3, 30),
        )
    )


def _write(made: Past, random: Random, per_hour: float) -> None:
    at = made.begin
    number = 0
    while at < made.now:
        number += 1
        _order(made, random, at, number)
        at = _ms(at + timedelta(hours=random.expovariate(per_hour)))
    for one in made.failures:
        if one.kind in ("dead_letters", "schema_break"):
            _give_up(made, one)


def _order(made: Past, random: Random, at: datetime, number: int) -> None:
    """One order: payments names its cause, shipping relays an outbox, notifier names what nobody saw."""
    placed = _record(made, "orders", at, id_=f"o-{number}", schema_id="11")
    moment = at + timedelta(milliseconds=random.randint(50, 900))
    _record(made, "payments", moment, id_=f"p-{number}", cause=f"o-{number}", schema_id="12")
    moment += timedelta(milliseconds=random.randint(50, 900))
    _record(made, "shipments", moment, id_=f"{number:08d}", cause=f"p-{number}", schema_id="13", outbox=True)
    _record(made, "stock", moment, id_=f"s-{number}")
    _record(made, "emails", moment, id_=f"e-{number}", cause=f"lost-{number}")
    if number % 40 == 0:  # the shop sends an order twice, and payments acts on it once
        _record(made, "orders", at + timedelta(seconds=2), id_=f"o-{number}", schema_id="11")
    if number % 30 == 0:  # payments sends one twice, and shipping acts on both
        _record(
            made,
            "payments",
            moment + timedelta(seconds=1),
            id_=f"p-{number}",
            cause=f"o-{number}",
            schema_id="12",
        )
    assert placed.topic == "orders"


def _record(
    made: Past,
    topic: str,
    at: datetime,
    *,
    id_: str,
    cause: str = "",
    schema_id: str = "",
    outbox: bool = False,
) -> EventRef:
    ref = EventRef(topic, 0, made._next.get(topic, 0))
    made._next[topic] = ref.offset + 1
    made.written.append((at, topic))
    header = "id" if outbox else "ce_id"
    made.rows.append(
        {
            **_place(ref, at),
            "message_id": id_,
            "service": WRITERS[topic],
            "source": WRITERS[topic],
            "type": f"{topic}.happened",
            "schema_id": schema_id,
            "header_names": [header],
            "header_values": [id_],
            "names": [f"id:{id_}", coordinates_name(*ref)],
            "references": [(f"id:{cause}", "caused", "header")] if cause else [],
        }
    )
    return ref


def _give_up(made: Past, one: Failure) -> None:
    """Write the dead letters of a failure, the first at its beginning, the last at its end."""
    end = one.lasted or made.now - one.begin
    rows = [row for row in made.rows if row["topic"] == one.topic and row["time"] <= one.begin]
    origin = rows[-1] if rows else made.rows[0]
    step = end / max(1, one.given_up - 1)
    for number in range(one.given_up):
        at = _ms(one.begin + step * number)
        if at > made.now:
            break
        dead = f"{one.topic}.dlq"
        ref = EventRef(dead, 0, made._next.get(dead, 0))
        made._next[dead] = ref.offset + 1
        name = coordinates_name(one.topic, 0, max(0, origin["offset"] - number))
        read = at + (timedelta(days=1) if one.noticed is None else timedelta(milliseconds=400))
        made.given_up.append((at if one.noticed is None else read, one.topic, one.failing, name))
        made.samples.setdefault(one.number, []).append(str(ref))
        made.rows.append(
            {
                **_place(ref, at),
                "observed_time": read,
                "service": one.failing,
                "type": f"{one.topic}.happened",
                "dead_letter": True,
                "origin": name,
                "failed_group": one.failing,
                "exception": "shop.CannotRead",
                "exception_message": f"cannot read record {number} of {one.topic}",
                "names": [coordinates_name(*ref)],
                "references": [(name, "dead_lettered", "provenance")],
            }
        )


def _place(ref: EventRef, at: datetime) -> dict[str, Any]:
    return {
        "topic": ref.topic,
        "partition": ref.partition,
        "offset": ref.offset,
        "time": at,
        "record_timestamp_ms": int(at.timestamp() * 1_000),
        "observed_time": at + timedelta(milliseconds=400),
        "key": f"k-{ref.offset % 50}",
        "value_size_bytes": 200,
    }


def store_past(store: Store, made: Past, *, hostile: str = "") -> list[Incident]:
    """Write the past as collector and watcher would have; `hostile` text goes into titles and reasons."""
    for batch, begin in enumerate(range(0, len(made.rows), 20_000), start=1):
        rows = [{**row, "batch": batch} for row in made.rows[begin : begin + 20_000]]
        store.insert("events", events_table(rows), token=f"past-{batch}")
        link_batches(store, [batch])
    FindDeadLetters(store, load()).step(made.now)
    incidents = [incident_of(made, one, hostile) for one in made.failures]
    rows = [incident_row(one, 1) for one in incidents]
    store.insert("incidents", pa.Table.from_pylist(rows, schema=arrow.INCIDENTS), token="past-incidents")
    told = [
        {**{name: getattr(one, name) for name in Deployment.__slots__}, "observed_time": one.time}
        for one in deployments_of(made)
    ]
    store.insert(
        "deployments", pa.Table.from_pylist(told, schema=arrow.DEPLOYMENTS), token="past-deployments"
    )
    changes = [change_row(change_of(one), made.now) for one in made.failures if one.is_drift]
    store.insert(
        "schema_changes", pa.Table.from_pylist(changes, schema=arrow.SCHEMA_CHANGES), token="past-changes"
    )
    return incidents


def deployments_of(made: Past) -> list[Deployment]:
    """Return each release as every source told it; who is not the first tells it some minutes later."""
    return [
        Deployment(one.service, one.version, one.time + timedelta(minutes=2 * late), source)  # type: ignore[arg-type]
        for one in made.releases
        for late, source in enumerate(one.told)
    ]


def incident_of(made: Past, one: Failure, hostile: str = "") -> Incident:
    """Return the row that detection would have written."""
    end = one.begin + one.lasted if one.lasted is not None else None
    release = one.release
    causes = []
    if release:
        kind = "schema_change" if one.is_drift else "deployment"
        text = f"{release.service} {release.version} {hostile}".strip()
        causes.append(Cause(kind, release.time, text, 0.8, service=release.service))  # type: ignore[arg-type]
        if one.is_drift:
            causes.append(Cause("deployment", release.time, text, 0.1, service=release.service))
    return Incident(
        incident_id=f"inc-{one.number:016x}",
        kind=one.kind,  # type: ignore[arg-type]
        scope=f"{one.topic}|{one.failing}",
        topic=one.topic,
        service=one.failing,
        consumer_group=one.failing,
        flow=_FLOW.get(one.topic, ""),
        team=_TEAM.get(one.topic, ""),
        severity="page",
        title=f"{one.failing} fails on {one.topic} {hostile}".strip(),
        impact_time=one.begin,
        detected_time=None if one.noticed is None else one.begin + one.noticed,
        acknowledged_time=one.begin + one.noticed + one.acknowledged
        if one.noticed and one.acknowledged
        else None,
        mitigated_time=end,
        resolved_time=end + timedelta(minutes=10) if end else None,
        reopened=0,
        parent_id="" if one.part_of is None else f"inc-{one.part_of:016x}",
        backfilled=one.noticed is None,
        bad=one.given_up,
        total=one.given_up * 12,
        left_behind=one.given_up // 3,
        causes=tuple(causes),
        sample_events=tuple(made.samples.get(one.number, [])[:5]),
        state="withdrawn" if one.was_none else "open" if end is None else "resolved",
        acknowledged_by="ada" if one.acknowledged else "",
    )


def change_of(one: Failure) -> SchemaChange:
    """Return the change of a payload that a failure is put down to; every third was rolled back."""
    assert one.release
    undone = one.number % 3 == 0
    return SchemaChange(
        topic=one.topic, type=f"{one.topic}.happened", change_id=f"change-{one.number}", kind="shape",
        service=one.release.service, service_version=one.release.version, first_time=one.release.time,
        first_partition=0, first_offset=1, detected_time=one.release.time, from_shape=1, to_shape=2, from_schema="",
        to_schema="", new_shapes=(2,), old_shapes=(1,),
        fields=(FieldChange("total", "type_changed", "number", "string"),), verdict="breaking",
        verdict_rule="a number became text", state="reverted" if undone else "complete", new_events=10, old_events=0,
        new_share=0.0 if undone else 1.0, last_new_time=one.begin, last_old_time=None, complete_time=None,
        reverted_time=one.begin if undone else None, evidence="10 records",
    )  # fmt: skip


def _ms(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1_000 * 1_000)


def _whole(seconds: float) -> timedelta:
    return timedelta(seconds=round(seconds))
