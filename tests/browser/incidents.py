"""Incidents for the dashboard's tests and pictures, found by the real engine in a world whose failures are known."""

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import get_args

import pyarrow as pa

from collector.alert.outbox import Row
from collector.detect.acknowledge import acknowledge
from collector.detect.dead_letters_find import FindDeadLetters
from collector.detect.incident_store import write_incidents
from collector.detect.incidents import title_of
from collector.detect.read_incidents import read_incidents
from collector.detect.watch_incidents import JudgeIncidents
from collector.settings import load
from collector.storage.api import Store
from schemas import arrow, arrow_failures
from schemas.incidents import Cause, Incident, IncidentKind, State
from tests.browser.seed import HOSTILE
from tests.support.world import GROUP, TOPIC, World


def seed_incidents(store: Store, now: datetime) -> dict[str, str]:
    """Insert an hour with a release that broke billing and was rolled back, and another one that breaks it now.

    Returns the ids of both as `over` and `open`, and a dead letter as `event`.
    """
    start = now - timedelta(minutes=70)
    world = World(store, start)
    for minutes, version, failing in (
        (18, "2.3.1", 0.0), (1, "2.4.0", 0.8), (6, "2.4.0", 0.8), (1, "2.3.1", 0.0), (4, "2.3.1", 0.0),
        (28, "2.3.1", 0.0), (1, "2.5.0", 0.6), (11, "2.5.0", 0.6),
    ):  # fmt: skip
        world.version = version
        world.run(60 * minutes, failing=failing, rate=1.5)
        look(store, world.now)
    _follow_group(store, start, now)
    found = {one.state: one for one in read_incidents(store, since=start, until=now)}
    over, going_on = found["resolved"], found["open"]
    acknowledge(store, over.incident_id, "ada", "command", over.impact_time + timedelta(minutes=4))
    _alerts(store, over.incident_id, over.impact_time)
    return {
        "over": over.incident_id, "open": going_on.incident_id, "event": going_on.sample_events[0],
    }  # fmt: skip


def look(store: Store, now: datetime) -> None:
    """Look once at everything, as the watcher does, and say so as it does."""
    settings = load()
    FindDeadLetters(store, settings).step(now)
    JudgeIncidents(store, settings).step(now)
    row = {"task": "incidents", "observed_time": now, "elapsed_ms": 1.0, "problem": ""}
    rows = pa.Table.from_pylist([row], schema=arrow.WATCH_STATUS)
    store.insert("watch_status", rows, token=f"incidents-{now.timestamp()}")


def _follow_group(store: Store, start: datetime, now: datetime) -> None:
    """The group falls behind while it fails."""
    rows, at, behind = [], start, 0
    while at < now:
        minute = (at - start).total_seconds() / 60
        behind = behind + 12 if 18 <= minute < 25 or minute >= 58 else max(0, behind - 20)
        end = int(minute * 90)
        rows.append(
            {"consumer_group": GROUP, "topic": TOPIC, "partition": 0, "observed_time": at,
             "committed_offset": max(0, end - behind), "end_offset": end, "state": "Stable", "members": 2}
        )  # fmt: skip
        at += timedelta(seconds=30)
    table = pa.Table.from_pylist(rows, schema=arrow_failures.GROUP_OFFSETS)
    store.insert("group_offsets", table, token="groups")


def _alerts(store: Store, incident_id: str, began: datetime) -> None:
    rows = []
    for number, (transition, after_s) in enumerate((("opened", 40), ("resolved", 900))):
        sent = began + timedelta(seconds=after_s)
        row = Row(f"a{number}", incident_id, transition, "on call", sent, "sent", 1, sent, sent, "")
        rows.append({**{name: getattr(row, name) for name in Row.__slots__}, "version": 1})
    store.insert("alerts", pa.Table.from_pylist(rows, schema=arrow.ALERTS), token="alerts")


def seed_many_incidents(store: Store, now: datetime, number: int = 400) -> dict[str, str]:
    """Insert events of the last hour, and hundreds of incidents of all kinds and states, with hostile names."""
    World(store, now - timedelta(minutes=10)).run(600)
    look(store, now)
    lots = Random(5)
    found = [_made_up(lots, at, now - timedelta(hours=at * 1.7, minutes=5)) for at in range(number)]
    found += [
        replace(
            one, incident_id=f"{one.incident_id}-{at}", parent_id=one.incident_id, topic=f"downstream-{at}"
        )
        for one in found[::9]
        for at in range(lots.randint(1, 9))
    ]
    write_incidents(store, found, [], int(now.timestamp() * 1_000))
    return {"first": found[0].incident_id, "count": str(number)}


def _made_up(lots: Random, at: int, begin: datetime) -> Incident:
    kind = lots.choice(get_args(IncidentKind))
    state: State = lots.choice(["open", "no data", "mitigated"]) if at % 40 == 0 else "resolved"
    topic, who = (
        lots.choice(["orders", "payments.captured", "stock.reserve", HOSTILE[at % len(HOSTILE)]]),
        f"svc-{at % 7}",
    )
    end = begin + timedelta(minutes=lots.uniform(1, 90))
    bad = lots.randint(1, 90_000) if kind != "producer_silent" else 0
    cause = Cause("deployment", begin - timedelta(minutes=2), f"{who} {at}.0.1 took effect", 0.7, service=who)
    return Incident(
        incident_id=f"{at:016x}", kind=kind, scope="", topic=topic, service=who, consumer_group="", flow="",
        team=lots.choice(["", "money", "shop"]), severity=lots.choice(["page", "ticket"]),
        title=title_of(kind, topic, who), impact_time=begin, detected_time=begin + timedelta(seconds=50),
        acknowledged_time=None, mitigated_time=None if state in ("open", "no data") else end,
        resolved_time=end if state == "resolved" else None, reopened=0, parent_id="", backfilled=False, bad=bad,
        total=bad * lots.randint(0, 4), left_behind=bad // 3, causes=(cause,) if at % 3 else (), state=state,
    )  # fmt: skip
