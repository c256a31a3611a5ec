"""Incidents for the dashboard's tests and pictures, found by the real engine in a world whose failures are known."""

from datetime import datetime, timedelta

import pyarrow as pa

from collector.alert.outbox import Row
from collector.detect.acknowledge import acknowledge
from collector.detect.dead_letters_find import FindDeadLetters
from collector.detect.read_incidents import read_incidents
from collector.detect.watch_incidents import JudgeIncidents
from collector.settings import load
from collector.storage.api import Store
from schemas import arrow, arrow_failures
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
