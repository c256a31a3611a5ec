"""Incidents, their diaries and deployments, as stored."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from collector.storage.api import Store
from schemas.incidents import Cause, Deployment, Incident, IncidentChange

_FIELDS = tuple(name for name in Incident.__slots__ if name not in ("causes", "sample_events"))


def read_incidents(
    store: Store, *, since: datetime, until: datetime, incidents_max: int = 10_000
) -> list[Incident]:
    """Return the incidents with any impact in [since, until], children and withdrawn ones too, newest first.

    One that is not over has impact until now. Acknowledgements are those of `incident_acknowledgements`.
    """
    span = {"since": since, "until": until, "incidents_max": incidents_max}
    return [read_incident(row) for row in store.query("incidents", span)]


def read_one(store: Store, incident_id: str) -> Incident | None:
    """Return one incident by its id, or by the beginning of its id where that is unique."""
    rows = store.query("incident_by_id", {"incident_id": incident_id})
    exact = [row for row in rows if row["incident_id"] == incident_id]
    found = exact or rows
    return read_incident(found[0]) if len(found) == 1 else None


def read_incident_changes(store: Store, incident_id: str) -> list[IncidentChange]:
    """Return the diary of an incident, oldest line first."""
    return read_diaries(store, [incident_id]).get(incident_id, [])


def read_diaries(store: Store, incident_ids: Sequence[str]) -> dict[str, list[IncidentChange]]:
    """Return the diaries of several incidents by their ids, oldest line first; without a line there is no diary."""
    found: dict[str, list[IncidentChange]] = {}
    for row in store.query("incident_diaries", {"ids": list(incident_ids)}) if incident_ids else ():
        line = IncidentChange(row["incident_id"], row["time"], row["change"], row["text"])
        found.setdefault(line.incident_id, []).append(line)
    return found


def read_deployments(store: Store, *, since: datetime, until: datetime) -> list[Deployment]:
    """Return every deployment in [since, until] by every source, oldest first; measures.deployments_in merges them."""
    rows = store.query("deployments", {"since": since, "until": until})
    return [Deployment(**{name: row[name] for name in Deployment.__slots__}) for row in rows]


def read_incident(row: Mapping[str, Any]) -> Incident:
    """Return the incident in a row of `incidents`."""
    causes = msgspec.json.decode(row["causes"] or "[]", type=tuple[Cause, ...])
    return Incident(
        **{name: row[name] for name in _FIELDS}, causes=causes, sample_events=tuple(row["sample_events"])
    )


def incident_row(incident: Incident, version: int) -> dict[str, Any]:
    """Return the row of `incidents` that holds `incident`, as evaluated at `version` (ms since 1970)."""
    return {
        **{name: getattr(incident, name) for name in _FIELDS},
        "causes": msgspec.json.encode(incident.causes).decode(),
        "sample_events": list(incident.sample_events),
        "version": version,
    }
