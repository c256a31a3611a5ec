"""Meets what is judged now with what was said before. Pure.

An incident keeps its id, and the time at which it was first noticed, for as long as something of it is still found;
whatever else changes is said in its diary.
"""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from collector.detect.incidents import Judged
from schemas.incidents import ChangeKind, Incident

SLACK = timedelta(minutes=10)
LOOKED_LATE = timedelta(minutes=2)
HISTORY = timedelta(hours=6)
ACTIVE = ("open", "no data", "mitigated")

ScopeKey = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a diary to be written. `key` makes it the same line whoever writes it."""

    incident_id: str
    change: ChangeKind
    key: str
    text: str
    time: datetime


@dataclass(frozen=True)
class Outcome:
    """What has to be written: rows that differ from what is stored, and what to say of them."""

    incidents: Sequence[Incident]
    entries: Sequence[Entry]


def reconcile(
    judged: Sequence[Judged],
    known: Sequence[Incident],
    now: datetime,
    *,
    judged_since: datetime,
    kinds: Collection[str],
) -> Outcome:
    """Return what is new. Every incident of `kinds` since `judged_since` was looked for; `known` overlap that time."""
    remaining = [one for one in known if one.state != "withdrawn"]
    matches: list[tuple[Judged, Incident | None]] = []
    doubles: list[tuple[Incident, str]] = []
    for one in judged:
        found = sorted(
            (other for other in remaining if _is_same(one.incident, other, now)),
            key=lambda other: (other.acknowledged_time is None, other.impact_time, other.incident_id),
        )
        remaining = [other for other in remaining if other not in found]
        matches.append((one, found[0] if found else None))
        doubles += [(other, found[0].incident_id) for other in found[1:]]
    ids = {one.incident.incident_id: before.incident_id for one, before in matches if before}
    incidents: list[Incident] = []
    entries: list[Entry] = []
    for one, before in matches:
        incident = _carried(one.incident, before, ids, now)
        if before is None or _differs(incident, before):
            incidents.append(incident)
        entries += _entries(replace(one, incident=incident), before, now)
    for other, kept in doubles:
        incidents.append(replace(other, state="withdrawn", parent_id=kept))
        entries.append(Entry(other.incident_id, "folded", kept, f"It is the same as {kept}.", now))
    for other in remaining:
        if other.kind in kinds and other.impact_time >= judged_since:
            incidents.append(replace(other, state="withdrawn", mitigated_time=other.mitigated_time))
            text = "Withdrawn: with what has arrived since, the rule was not met."
            entries.append(Entry(other.incident_id, "corrected", "withdrawn", text, now))
    return Outcome(incidents, entries)


def scope_key(incident: Incident) -> ScopeKey:
    """Return what tells scopes apart."""
    return (incident.kind, incident.topic, incident.service, incident.consumer_group)


def _is_same(one: Incident, other: Incident, now: datetime) -> bool:
    if scope_key(one) != scope_key(other):
        return False
    if one.incident_id == other.incident_id:
        return True
    ends = [each.resolved_time or each.mitigated_time or now for each in (one, other)]
    ends = [now if each.state in ACTIVE else end for each, end in zip((one, other), ends, strict=True)]
    return one.impact_time <= ends[1] + SLACK and other.impact_time <= ends[0] + SLACK


def _carried(one: Incident, before: Incident | None, ids: dict[str, str], now: datetime) -> Incident:
    """Return the incident with the names and the times that stay."""
    parent = ids.get(one.parent_id, one.parent_id)
    causes = tuple(
        replace(cause, event=ids.get(cause.event, cause.event))
        if cause.kind == "upstream_incident"
        else cause
        for cause in one.causes
    )
    one = replace(one, parent_id=parent, causes=causes)
    if before is None:
        return _first_seen(one, now)
    return replace(
        one,
        incident_id=before.incident_id,
        detected_time=before.detected_time,
        backfilled=before.backfilled,
        acknowledged_time=before.acknowledged_time,
        acknowledged_by=before.acknowledged_by,
        left_behind=before.left_behind,
    )


def _first_seen(one: Incident, now: datetime) -> Incident:
    """Where nobody judged in time (the watcher did not run), it was noticed now, or is history."""
    if one.detected_time is None or now - one.detected_time <= LOOKED_LATE:
        return one
    if now - one.detected_time > HISTORY:
        return replace(one, detected_time=None, backfilled=True)
    return replace(one, detected_time=now)


def _differs(one: Incident, before: Incident) -> bool:
    return replace(one, acknowledged_time=None, acknowledged_by="") != replace(
        before, acknowledged_time=None, acknowledged_by=""
    )


def _entries(judged: Judged, before: Incident | None, now: datetime) -> Iterable[Entry]:
    one = judged.incident
    turn = str(one.reopened)
    if before is None:
        found = " It was found in history that was read later." if one.backfilled else ""
        yield Entry(one.incident_id, "opened", "", f"{one.title}.{found}", now)
    if judged.escalated and before is not None and before.severity != one.severity:
        yield Entry(one.incident_id, "escalated", "", "From now on it is worth waking somebody.", now)
    if one.reopened > (before.reopened if before else 0):
        yield Entry(one.incident_id, "reopened", turn, "The same again, soon after it was over.", now)
    if before is not None:
        yield from _corrections(one, before, now)
    if one.mitigated_time and (before is None or before.mitigated_time is None or _is_again(one, before)):
        text = f"The last bad event was at {one.mitigated_time:%Y-%m-%d %H:%M:%S} UTC."
        yield Entry(one.incident_id, "mitigated", turn, text, now)
    if one.state == "resolved" and (before is None or before.state != "resolved" or _is_again(one, before)):
        yield Entry(one.incident_id, "resolved", turn, "Enough good traffic since the last bad event.", now)
    if one.parent_id and (before is None or before.parent_id != one.parent_id):
        yield Entry(one.incident_id, "folded", one.parent_id, f"It is part of {one.parent_id}.", now)


def _is_again(one: Incident, before: Incident) -> bool:
    return one.reopened > before.reopened


def _corrections(one: Incident, before: Incident, now: datetime) -> Iterable[Entry]:
    said = []
    if one.impact_time != before.impact_time:
        said.append(
            f"By what has arrived since, it began at {one.impact_time:%Y-%m-%d %H:%M:%S.%f} "
            f"and not at {before.impact_time:%Y-%m-%d %H:%M:%S.%f} UTC."
        )
    over = one.state == before.state == "resolved" and one.reopened == before.reopened
    if over and one.mitigated_time != before.mitigated_time:
        said.append(
            f"By what has arrived since, its last bad event was at {one.mitigated_time:%Y-%m-%d %H:%M:%S} UTC."
        )
    if (
        before.state in ("mitigated", "resolved")
        and one.state in ("open",)
        and one.reopened == before.reopened
    ):
        said.append("It was not over: there are bad events again.")
    for text in said:
        key = hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
        yield Entry(one.incident_id, "corrected", key, text, now)
