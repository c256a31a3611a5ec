"""Incidents come back from the real engine as they were written, the latest evaluation winning."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa

from collector.detect.read_incidents import incident_row, read_incidents, read_one
from collector.storage.api import Store
from schemas import arrow
from schemas.incidents import Cause, Incident

T0 = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
INCIDENT = Incident(
    incident_id="inc-0123456789abcdef",
    kind="dead_letters",
    scope="orders · billing",
    topic="orders",
    service="billing",
    consumer_group="billing",
    flow="",
    team="",
    severity="page",
    title="billing fails on orders",
    impact_time=T0,
    detected_time=T0 + timedelta(seconds=30),
    acknowledged_time=None,
    mitigated_time=None,
    resolved_time=None,
    reopened=0,
    parent_id="",
    backfilled=False,
    bad=12,
    total=40,
    left_behind=12,
    causes=(Cause("deployment", T0 - timedelta(seconds=90), "payments 2.4.0", 0.8, service="payments"),),
    sample_events=("orders-dlt/0/1",),
)


def write(store: Store, *incidents: Incident, version: int) -> None:
    rows = [incident_row(incident, version) for incident in incidents]
    store.insert("incidents", pa.Table.from_pylist(rows, schema=arrow.INCIDENTS), token=f"i{version}")


def test_an_incident_comes_back_as_it_was_judged_last(store: Store) -> None:
    over = replace(INCIDENT, mitigated_time=T0 + timedelta(minutes=9), state="mitigated", bad=99)
    write(store, over, version=2)
    write(store, INCIDENT, version=1)

    assert read_incidents(store, since=T0, until=T0 + timedelta(hours=1)) == [over]
    assert read_one(store, "inc-0123") == over
    assert read_incidents(store, since=T0 + timedelta(minutes=10), until=T0 + timedelta(hours=1)) == []


def test_the_first_acknowledgement_counts(store: Store) -> None:
    write(store, INCIDENT, version=1)
    rows = [
        {
            "incident_id": INCIDENT.incident_id,
            "time": T0 + timedelta(minutes=m),
            "by": by,
            "source": "command",
        }
        for m, by in ((5, "ada"), (3, "bob"))
    ]
    table = pa.Table.from_pylist(rows, schema=arrow.INCIDENT_ACKNOWLEDGEMENTS)
    store.insert("incident_acknowledgements", table, token="a")

    found = read_one(store, INCIDENT.incident_id)

    assert found == replace(INCIDENT, acknowledged_time=T0 + timedelta(minutes=3), acknowledged_by="bob")
