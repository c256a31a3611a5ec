"""Which habits of discipline each service really has, and whether those that have them recover faster. Pure.

A habit is only judged on what was observed: where nothing could be seen it is unknown, which is not the same as absent.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import mean
from typing import Literal

from collector.detect import measures
from collector.detect.measures import Durations
from schemas.incidents import Deployment, Incident

Habit = Literal["registry", "outbox", "idempotent", "dead_letter_route", "linkable"]
Finding = Literal["in place", "partly", "not in place", "unknown"]

IN_PLACE_SHARE = 0.95
ABSENT_SHARE = 0.05
RECORDS_MIN = 50
DUPLICATES_MIN = 5
ORDER_SHARE = 0.99
DISCIPLINES: tuple[Habit, ...] = ("registry", "outbox", "idempotent")
"""The three that published experience says make the difference."""

HABITS: dict[Habit, tuple[str, str]] = {
    "registry": (
        "Schema registry",
        f"The service's records name their schema on the wire. In place from {IN_PLACE_SHARE:.0%} of its records, "
        f"not in place below {ABSENT_SHARE:.0%}; unknown below {RECORDS_MIN} records.",
    ),
    "outbox": (
        "Transactional outbox",
        "The service's records carry the id header of an outbox relay, and ids that can be put in order stand in "
        f"order on each partition (at least {ORDER_SHARE:.0%} of neighbours). An outbox whose relay sends no id "
        "cannot be seen from outside: without ids it is unknown.",
    ),
    "idempotent": (
        "Idempotent consumer",
        "Records with one message id came more than once, and the service made something of one copy only. One that "
        f"had effects twice: not in place. Fewer than {DUPLICATES_MIN} duplicates seen: unknown.",
    ),
    "dead_letter_route": (
        "Dead-letter route",
        "The service gave up on something into a dead-letter topic. Its consumer stalled and it has none: not in "
        "place. It never failed: unknown.",
    ),
    "linkable": (
        "Traceable lineage",
        f"The cause of its records is known without guessing. In place from {IN_PLACE_SHARE:.0%}. A service without "
        "any known cause may begin flows, or may not say: unknown.",
    ),
}


@dataclass(frozen=True, slots=True)
class Reference:
    """A published value, of unaudited origin: how many samples, which systems and how they were measured is unknown."""

    name: str
    deployments_per_week: float
    restore_min: float
    drift_per_quarter: float
    has_habits: bool


REFERENCES = (
    Reference("Synchronous REST", 1.8, 42, 3, has_habits=False),
    Reference("Plain queues", 2.4, 89, 18, has_habits=False),
    Reference("Outbox + registry + idempotency", 5.7, 28, 2, has_habits=True),
)
REFERENCE_NOTE = (
    "Published values of unaudited origin: neither the systems nor the way of measuring are known. They are shown for "
    "orientation and enter into no verdict."
)


@dataclass(frozen=True, slots=True)
class Wire:
    """What a service's records carry, in counts of records."""

    events: int
    copies: int
    schema_ids: int
    message_ids: int
    outbox_ids: int
    claims: int

    @property
    def originals(self) -> int:
        """The records that are no copies: what a retry or a dead letter carries is what others had written."""
        return self.events - self.copies


@dataclass(frozen=True)
class Habits:
    """What was observed by service, since `since`; dead letters may be older."""

    since: datetime
    until: datetime
    wire: Mapping[str, Wire]
    order: Mapping[str, tuple[int, int]]
    duplicates: Mapping[str, tuple[int, int, str]]
    dead_letters: Mapping[str, tuple[int, str]]
    linked: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Observed:
    """What was found of one habit: `count` of `of` support it; `event` shows an example."""

    finding: Finding
    count: int
    of: int
    text: str
    event: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """One service. None = nothing was seen that could be counted."""

    service: str
    events: int
    habits: Mapping[Habit, Observed]
    deployments: int
    deployments_per_week: float | None
    incidents: tuple[Incident, ...]
    restore: Durations
    drift: int
    drift_per_quarter: float | None

    @property
    def has_all(self) -> bool:
        """Whether all three disciplines are in place."""
        return all(self.habits[habit].finding == "in place" for habit in DISCIPLINES)


@dataclass(frozen=True, slots=True)
class Group:
    """The services with or without a habit, taken together; means of services, and the median over their incidents."""

    name: str
    services: tuple[str, ...]
    deployments_per_week: float | None
    restore: Durations
    drift_per_quarter: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Services with a habit, without it, and those of whom it is not known."""

    title: str
    having: Group
    lacking: Group
    unknown: tuple[str, ...]


def cards(
    habits: Habits,
    incidents: Sequence[Incident],
    deployments: Sequence[Deployment],
    start: datetime,
    end: datetime,
    watched: tuple[datetime, datetime] | None,
) -> list[Card]:
    """Return a card per service that writes, gives up or has incidents, in order of names.

    Rates are of the `watched` part of [start, end), as in `Facts.watched`; None for a part that is too short.
    """
    counted = measures.counted(incidents, start, end)
    services = {
        *habits.wire,
        *habits.duplicates,
        *habits.dead_letters,
        *(one.service for one in counted if one.service),
        *(one.service for one in deployments),
    }
    return [
        _card(service, habits, counted, measures.deployments_in(deployments, start, end, service), watched)
        for service in sorted(services)
        if service
    ]


def compare(found: Sequence[Card]) -> list[Comparison]:
    """Return, for all three disciplines together and for each habit, the services with it beside those without."""
    compared = [
        Comparison(
            "All three: registry, outbox, idempotent",
            _group("with", [card for card in found if card.has_all]),
            _group("without", [card for card in found if not card.has_all and _lacks_one(card)]),
            tuple(card.service for card in found if not card.has_all and not _lacks_one(card)),
        )
    ]
    for habit, (title, _) in HABITS.items():
        findings = {card.service: card.habits[habit].finding for card in found}
        compared.append(
            Comparison(
                title,
                _group("with", [card for card in found if findings[card.service] == "in place"]),
                _group(
                    "without",
                    [card for card in found if findings[card.service] in ("partly", "not in place")],
                ),
                tuple(service for service, finding in findings.items() if finding == "unknown"),
            )
        )
    return compared


def _lacks_one(card: Card) -> bool:
    return any(card.habits[habit].finding in ("partly", "not in place") for habit in DISCIPLINES)


def _card(
    service: str,
    habits: Habits,
    counted: Iterable[Incident],
    own: Sequence[Deployment],
    watched: tuple[datetime, datetime] | None,
) -> Card:
    mine = tuple(one for one in counted if _concerns(one, service))
    drift = len(measures.drift_incidents(mine))
    wire = habits.wire.get(service)
    return Card(
        service=service,
        events=wire.events if wire else 0,
        habits={
            "registry": _registry(wire),
            "outbox": _outbox(wire, habits.order.get(service)),
            "idempotent": _idempotent(habits.duplicates.get(service)),
            "dead_letter_route": _route(habits.dead_letters.get(service), mine),
            "linkable": _linkable(wire, habits.linked.get(service, 0)),
        },
        deployments=len(own),
        deployments_per_week=measures.per_week(len(own), *watched) if own and watched else None,
        incidents=mine,
        restore=measures.durations("restore", mine),
        drift=drift,
        drift_per_quarter=measures.per_quarter(drift, *watched) if watched else None,
    )


def _concerns(incident: Incident, service: str) -> bool:
    """An incident concerns who failed, and who most likely made it fail."""
    return incident.service == service or bool(incident.causes and incident.causes[0].service == service)


def _registry(wire: Wire | None) -> Observed:
    if wire is None or wire.originals < RECORDS_MIN:
        return _too_few(wire)
    named = min(wire.schema_ids, wire.originals)
    text = f"{named:,} of {wire.originals:,} records name their schema"
    return Observed(_by_share(named, wire.originals), named, wire.originals, text)


def _too_few(wire: Wire | None) -> Observed:
    return Observed("unknown", 0, wire.originals if wire else 0, "too few records to say")


def _outbox(wire: Wire | None, order: tuple[int, int] | None) -> Observed:
    if wire is None or wire.originals < RECORDS_MIN:
        return _too_few(wire)
    relayed, of = min(wire.outbox_ids, wire.originals), wire.originals
    text = f"{relayed:,} of {of:,} records carry the id of an outbox relay"
    finding = _by_share(relayed, of)
    if finding == "not in place":
        return Observed("unknown", relayed, of, f"{text}: an outbox without ids cannot be seen")
    compared, late = order or (0, 0)
    if not compared:
        return Observed(finding, relayed, of, f"{text}; their order cannot be told from the ids")
    text += f"; {late:,} of {compared:,} neighbours stand in the wrong order"
    if (compared - late) / compared < ORDER_SHARE:
        finding = "partly"
    return Observed(finding, relayed, of, text)


def _idempotent(duplicates: tuple[int, int, str] | None) -> Observed:
    seen, doubled, event = duplicates or (0, 0, "")
    if doubled:
        text = f"{doubled:,} of {seen:,} records that came twice had effects twice"
        return Observed("not in place", seen - doubled, seen, text, event)
    if seen < DUPLICATES_MIN:
        return Observed("unknown", 0, seen, f"{seen} duplicates seen: too few to say")
    return Observed("in place", seen, seen, f"{seen:,} records came twice, none had effects twice", event)


def _route(dead: tuple[int, str] | None, incidents: Sequence[Incident]) -> Observed:
    if dead:
        return Observed("in place", dead[0], dead[0], f"{dead[0]:,} dead letters", dead[1])
    stalled = sum(1 for one in incidents if one.kind == "consumer_stalled")
    if stalled:
        return Observed(
            "not in place",
            0,
            stalled,
            f"its consumer stalled ({stalled} incidents), but no dead letter was seen",
        )
    return Observed("unknown", 0, 0, "it was never seen to fail")


def _linkable(wire: Wire | None, linked: int) -> Observed:
    if wire is None or wire.originals < RECORDS_MIN:
        return _too_few(wire)
    linked, of = min(linked, wire.originals), wire.originals
    claims = max(0, wire.claims - wire.copies)
    text = f"the cause of {linked:,} of {of:,} records is known"
    if not linked and not claims:
        return Observed("unknown", 0, of, f"{text}: it begins flows, or does not say")
    if not linked:
        return Observed("not in place", 0, of, f"{text}, though {claims:,} name one")
    return Observed(_by_share(linked, of), linked, of, text)


def _by_share(count: int, of: int) -> Finding:
    share = count / of
    if share >= IN_PLACE_SHARE:
        return "in place"
    return "partly" if share >= ABSENT_SHARE else "not in place"


def _group(name: str, found: Sequence[Card]) -> Group:
    deploying = [card.deployments_per_week for card in found if card.deployments_per_week is not None]
    drifting = [card.drift_per_quarter for card in found if card.drift_per_quarter is not None]
    incidents = {one.incident_id: one for card in found for one in card.incidents}
    return Group(
        name=name,
        services=tuple(card.service for card in found),
        deployments_per_week=mean(deploying) if deploying else None,
        restore=measures.durations("restore", incidents.values()),
        drift_per_quarter=mean(drifting) if drifting else None,
    )
