"""Somebody takes an incident on."""

from datetime import datetime

import pyarrow as pa

from collector.detect.incident_store import write_incidents
from collector.detect.read_incidents import read_one
from collector.detect.reconcile import Entry
from collector.errors import SettingsError
from collector.storage.api import Store
from schemas import arrow
from schemas.incidents import Incident

BY_LENGTH_MAX = 200


def acknowledge(store: Store, incident_id: str, by: str, source: str, now: datetime) -> Incident:
    """Write that somebody (`by`, may be empty) knows of it, and return the incident; the first time counts.

    Raises SettingsError where there is no such incident, or several begin like that.
    """
    one = read_one(store, incident_id)
    if one is None:
        raise SettingsError(
            f"There is not exactly one incident whose id begins with {incident_id!r}. `headwater incidents` lists them."
        )
    if one.acknowledged_time is not None:
        return one
    by = by.strip()[:BY_LENGTH_MAX]
    row = {"incident_id": one.incident_id, "time": now, "by": by, "source": source}
    table = pa.Table.from_pylist([row], schema=arrow.INCIDENT_ACKNOWLEDGEMENTS)
    store.insert("incident_acknowledgements", table, token=f"ack-{one.incident_id}-{now.timestamp()}")
    text = f"{by or 'Somebody'} takes care of it."
    entry = Entry(one.incident_id, "acknowledged", now.isoformat(), text, now)
    write_incidents(store, [], [entry], int(now.timestamp() * 1_000))
    return read_one(store, one.incident_id) or one
