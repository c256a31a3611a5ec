"""Which alerts an incident deserves, and where they go. Pure."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from collector.settings import AlertChannel
from schemas.incidents import Incident

FRESH = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Told:
    """An incident with the moments that its row does not hold; None = it did not happen."""

    incident: Incident
    escalated: datetime | None = None
    reopened: datetime | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """An alert to be: a transition of an incident, numbered from 2 on where it happens again."""

    incident: Incident
    transition: str
    time: datetime


def planned(
    incidents: Iterable[Told], channel: AlertChannel, now: datetime, told: Collection[tuple[str, str, str]]
) -> Iterator[Planned]:
    """Yield what is to be told to `channel` and is not among `told` (incident, transition, channel).

    What is old news when it is found (a channel that was just set up, a watcher that slept) is left out; who was told
    that something opened is told that it is over, however late.
    """
    for one in incidents:
        incident_id = one.incident.incident_id
        for each in transitions(one, channel):
            key = (incident_id, each.transition, channel.name)
            is_end = each.transition.partition(" ")[0] in ("resolved", "acknowledged")
            opened = {(incident_id, name, channel.name) for name in _openings(each.transition)}
            wanted = bool(opened.intersection(told)) if is_end else now - each.time <= FRESH
            if key not in told and wanted:
                yield each


def transitions(told: Told, channel: AlertChannel) -> Iterator[Planned]:
    """Yield every transition of an incident that `channel` wants to hear of, in order.

    Children are told with their parents, and history is nobody's alarm. For who is only paged, an incident opens when
    it becomes worth it.
    """
    one = told.incident
    if not is_for(one, channel):
        return
    turns = one.reopened + 1
    if not one.parent_id and not one.backfilled and one.detected_time and one.state != "withdrawn":
        escalates_here = channel.severity == "page" and told.escalated is not None
        first = told.escalated if escalates_here and told.escalated else one.detected_time
        opened = first if turns == 1 or told.reopened is None else max(first, told.reopened)
        yield Planned(one, _numbered("opened", turns), opened)
        if told.escalated and not escalates_here:
            yield Planned(one, "escalated", told.escalated)
    if one.acknowledged_time and channel.kind == "pagerduty":
        yield Planned(one, "acknowledged", one.acknowledged_time)
    if one.state in ("resolved", "withdrawn"):
        over = one.resolved_time or one.mitigated_time or one.impact_time
        yield Planned(one, _numbered("resolved", turns), over)


def is_for(one: Incident, channel: AlertChannel) -> bool:
    """Return whether a channel wants to hear of an incident at all."""
    return (
        (channel.severity == "ticket" or one.severity == "page")
        and re.fullmatch(channel.topics, one.topic, re.DOTALL) is not None
        and (not channel.teams or one.team in channel.teams)
    )


def _numbered(transition: str, turn: int) -> str:
    return transition if turn == 1 else f"{transition} {turn}"


def _openings(transition: str) -> tuple[str, ...]:
    """Return the transitions after one of which this end is worth telling."""
    _, _, number = transition.partition(" ")
    return (_numbered("opened", int(number or 1)), "opened", "escalated")
