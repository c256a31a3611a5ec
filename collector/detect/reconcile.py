"""Meets what is judged now with what was said before. Pure.

An incident keeps its id, and the time at which it was first noticed, for as long as something of it is still found;
whatever else changes is said in its diary.
"""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from collector.detect.incidents import Judged
from collector.words import stamp
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
    found_again = {one.incident.incident_id for one in judged}
    standing = [one for one in known if one.state != "withdrawn" or one.incident_id in found_again]
    homes = _homes(judged, standing, now)
    matches: list[tuple[Judged, Incident | None]] = []
    doubles: list[tuple[Incident, str]] = []
    for number, one in enumerate(judged):
        found = sorted(
            (other for other in standing if homes.get(other.incident_id) == number),
            key=lambda other: (other.acknowledged_time is None, other.impact_time, other.incident_id),
        )
        matches.append((one, found[0] if found else None))
        doubles += [(other, found[0].incident_id) for other in found[1:]]
    remaining = [one for one in standing if one.incident_id not in homes]
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


def _homes(judged: Sequence[Judged], known: Sequence[Incident], now: datetime) -> dict[str, int]:
    """Return which of the judged each known incident (by id) is: the one of its name, else one at the same time, else
    one shortly before or after. Those that nothing else is come first, so that neighbours do not swallow each other.
    """
    names = {one.incident.incident_id: number for number, one in enumerate(judged)}
    homes = {one.incident_id: names[one.incident_id] for one in known if one.incident_id in names}
    taken = set(homes.values())
    pairs = sorted(
        (_is_apart(one.incident, other, now), abs(one.incident.impact_time - other.impact_time), number, at)
        for at, other in enumerate(known)
        for number, one in enumerate(judged)
        if other.incident_id not in homes and _is_same(one.incident, other, now)
    )
    for free_only in (True, False):
        for _, _, number, at in pairs:
            if known[at].incident_id not in homes and not (free_only and number in taken):
                homes[known[at].incident_id] = number
                taken.add(number)
    return homes


def scope_key(incident: Incident) -> ScopeKey:
    """Return what tells scopes apart."""
    return (incident.kind, incident.topic, incident.service, incident.consumer_group)


def _is_same(one: Incident, other: Incident, now: datetime) -> bool:
    """Return whether two of one scope may be the same: at the same time, or so near that late data may join them."""
    return scope_key(one) == scope_key(other) and _apart(one, other, now) <= SLACK


def _is_apart(one: Incident, other: Incident, now: datetime) -> bool:
    return _apart(one, other, now) > timedelta()


def _apart(one: Incident, other: Incident, now: datetime) -> timedelta:
    """Return the time between the end of one and the beginning of the other; negative where they overlap."""
    return max(one.impact_time - _end(other, now), other.impact_time - _end(one, now))


def _end(one: Incident, now: datetime) -> datetime:
    return now if one.state in ACTIVE else one.resolved_time or one.mitigated_time or now


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
    if one.state == "resolved" and (before is None or _is_over_now(one, before)):
        yield Entry(one.incident_id, "resolved", turn, "Enough good traffic since the last bad event.", now)
    if one.parent_id and (before is None or before.parent_id != one.parent_id):
        yield Entry(one.incident_id, "folded", one.parent_id, f"It is part of {one.parent_id}.", now)


def _is_over_now(one: Incident, before: Incident) -> bool:
    was_over = before.state == "resolved" or before.resolved_time == one.resolved_time
    return not was_over or _is_again(one, before)


def _is_again(one: Incident, before: Incident) -> bool:
    return one.reopened > before.reopened


def _corrections(one: Incident, before: Incident, now: datetime) -> Iterable[Entry]:
    said = []
    if before.state == "withdrawn":
        said.append("It was one after all, with what has arrived since.")
    if one.impact_time != before.impact_time:
        said.append(
            f"By what has arrived since, it began at {stamp(one.impact_time)} and not at {stamp(before.impact_time)}."
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
