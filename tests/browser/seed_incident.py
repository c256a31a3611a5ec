"""One incident with all that a page can tell of it, and one whose every word is hostile."""

from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from collector.detect.incident_store import count_facts, write_deployments, write_incidents
from collector.detect.reconcile import Entry
from collector.storage.api import Store
from schemas import arrow, arrow_failures
from schemas.incidents import Cause, Deployment
from tests.browser.seed import HOSTILE, seed_company
from tests.support.incidents import incident, still_open

OPEN, CHILD, HOSTILE_ID = "0b1e55ed00000001", "c41d000000000001", "40571e0000000001"
GROUP, TOPIC = "inventory", "stock.reserve"


def seed_incident(store: Store, now: datetime) -> dict[str, str]:
    """Insert the small company and the incident of its failing release; returns refs by name."""
    refs = seed_company(store, now)
    count_facts(store, [(now - timedelta(minutes=59), now + timedelta(minutes=1))], version=1)
    begin, release = now - timedelta(minutes=11), now - timedelta(minutes=12)
    write_deployments(store, [Deployment("web-checkout", "5.1.0", release, "webhook", "production")], now)
    changes = store.query("schema_changes", {"since": now - timedelta(hours=1), "rows_max": 50})
    change = next(row for row in changes if row["topic"] == "orders" and row["service"] == "web-checkout")
    first = f"orders/{change['first_partition']}/{change['first_offset']}"
    causes = (
        Cause("deployment", release, "web-checkout 5.1.0 was deployed (production)", 0.52, "web-checkout"),
        Cause(
            "schema_change", change["first_time"], "orders changed its payload (breaking)", 0.3, "web-checkout",
            "orders", first,
        ),
        Cause("consumer_change", begin, "inventory went from 3 to 2 members", 0.1),
    )  # fmt: skip
    failing = still_open(
        begin, incident_id=OPEN, topic=TOPIC, consumer_group=GROUP, service="", bad=12, total=40,
        title="inventory fails on stock.reserve", detected_time=begin + timedelta(seconds=50), causes=causes,
        sample_events=(refs["dead"],),
    )  # fmt: skip
    child = still_open(
        begin + timedelta(minutes=1), incident_id=CHILD, kind="retry_storm", parent_id=OPEN, severity="ticket",
        title="inventory tries stock.reserve again and again", topic=TOPIC, consumer_group=GROUP,
    )  # fmt: skip
    long_ago = now - timedelta(hours=29)
    hostile = incident(
        long_ago, incident_id=HOSTILE_ID, topic=HOSTILE[0], consumer_group=HOSTILE[2], title=f"{HOSTILE[1]} fails",
        team=HOSTILE[3], flow=HOSTILE[6], backfilled=True, detected_time=None, acknowledged_by=HOSTILE[5],
        causes=(Cause("deployment", long_ago - timedelta(minutes=4), HOSTILE[6], 0.4, HOSTILE[0]),),
        sample_events=("gone/0/1",),
    )  # fmt: skip
    entries = [
        Entry(OPEN, "opened", "", "inventory fails on stock.reserve.", begin + timedelta(seconds=50)),
        Entry(
            OPEN, "escalated", "", "From now on it is worth waking somebody.", begin + timedelta(minutes=2)
        ),
        Entry(HOSTILE_ID, "opened", "", HOSTILE[1], long_ago),
    ]
    write_incidents(store, [failing, child, hostile], entries, version=1)
    _alert(store, begin + timedelta(seconds=55))
    _lag(store, begin, now)
    return refs | {"change": change["change_id"]}


def _alert(store: Store, at: datetime) -> None:
    row: dict[str, Any] = {
        "alert_id": "a1", "incident_id": OPEN, "transition": "opened", "channel": "on call", "created_time": at,
        "state": "sent", "attempts": 1, "next_time": at, "sent_time": at, "problem": "", "version": 1,
    }  # fmt: skip
    store.insert("alerts", pa.Table.from_pylist([row], schema=arrow.ALERTS), token="alert")


def _lag(store: Store, begin: datetime, now: datetime) -> None:
    """The group falls behind from the beginning on, on both partitions."""
    rows = [
        {
            "consumer_group": GROUP, "topic": TOPIC, "partition": partition, "state": "stable", "members": 2,
            "observed_time": begin + timedelta(seconds=30 * step), "committed_offset": 100,
            "end_offset": 100 + 3 * step,
        }
        for partition in range(2)
        for step in range(int((now - begin).total_seconds() // 30))
    ]  # fmt: skip
    store.insert(
        "group_offsets", pa.Table.from_pylist(rows, schema=arrow_failures.GROUP_OFFSETS), token="lag"
    )
