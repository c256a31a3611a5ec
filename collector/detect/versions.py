"""Deployments as seen on the wire: when a service began to say that it is another version. Pure.

Old and new instances mix while a release rolls out, and a canary stays beside the rest: a version counts as deployed
when it is seen for the first time, or when it comes back after AWAY_EVENTS of others and then has the service to
itself for ALONE_EVENTS.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from schemas.incidents import Deployment

AWAY_EVENTS = 12
ALONE_EVENTS = 5


@dataclass(frozen=True, slots=True)
class Seen:
    """Events of one version of a service in one slot; `first_time` is that of the first of them."""

    service: str
    version: str
    events: int
    first_time: datetime


def deployments_of(
    seen: Sequence[Seen], ever: Mapping[tuple[str, str], datetime], beginning: Mapping[str, datetime]
) -> list[Deployment]:
    """Return the deployments among slots in order of time.

    `ever` says when each (service, version) was first seen at all, `beginning` when each service was first seen with
    any version: with which one it began says nothing of a deployment.
    """
    found = []
    for service in sorted({one.service for one in seen}):
        own = [one for one in seen if one.service == service]
        away: dict[str, int] = {}
        for position, one in enumerate(own):
            if _is_deployed(own, position, away, ever, beginning[service]):
                found.append(Deployment(service, one.version, one.first_time, "header"))
            away = {version: events + one.events for version, events in away.items()} | {one.version: 0}
    return found


def _is_deployed(
    own: Sequence[Seen],
    position: int,
    away: Mapping[str, int],
    ever: Mapping[tuple[str, str], datetime],
    beginning: datetime,
) -> bool:
    one = own[position]
    if ever.get((one.service, one.version)) == one.first_time:
        return one.first_time > beginning
    # What is not in these slots at all was away for long; of the very first slot nothing is known.
    was_away = away.get(one.version, AWAY_EVENTS if position else 0)
    return was_away >= AWAY_EVENTS and _is_alone(own, position)


def _is_alone(own: Sequence[Seen], position: int) -> bool:
    events = 0
    for one in own[position:]:
        if one.version != own[position].version:
            return False
        events += one.events
        if events >= ALONE_EVENTS:
            return True
    return False
