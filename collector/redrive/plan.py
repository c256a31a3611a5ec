"""What a redrive would do, before it does anything: how many, to where, who sees them again, what happens twice."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from collector.errors import SettingsError
from collector.redrive.audit import Item
from collector.storage.api import Store
from schemas.records import EventRef

RECORDS_MAX = 100_000
_PLACES_A_QUERY = 5_000
_SAMPLES = 5


@dataclass(frozen=True, slots=True)
class Selection:
    """Which failures are meant, by what they have in common; empty = any. `until` None = now."""

    since: datetime
    until: datetime
    topic: str = ""
    group: str = ""
    reason: str = ""
    exception: str = ""
    events: tuple[str, ...] = ()
    to: str = ""
    include: tuple[str, ...] = ()
    """States that are sent as well: `recovered`, `sent again`."""

    def narrows(self) -> bool:
        """Return whether it says anything of which failures are meant, besides their time."""
        return bool(self.topic or self.group or self.reason or self.exception or self.events)


@dataclass(frozen=True, slots=True)
class Effect:
    """What a service made of the selected events, and would make once more."""

    service: str
    topic: str
    type: str
    causes: int
    events: int
    sample: str


@dataclass(frozen=True, slots=True)
class Reader:
    """A consumer group that reads a target topic. `failed` = it is the one that gave these events up."""

    group: str
    topic: str
    state: str
    failed: bool


@dataclass(frozen=True)
class Plan:
    """What would be sent. `left_out` counts failures by why they are not; `dead_letters` counts records of all."""

    items: list[Item] = field(repr=False)
    causes: dict[EventRef, str] = field(repr=False)
    failures: int
    dead_letters: int
    left_out: dict[str, int]
    targets: dict[str, int]
    groups: tuple[str, ...]
    readers: list[Reader]
    readers_known: bool
    effects: list[Effect]
    newer: int
    failed_again: int
    guessed: int
    samples: list[str]
    cut: bool

    def summary(self) -> dict[str, Any]:
        """Return everything but the records, ready for JSON."""
        found = asdict(self)
        del found["items"], found["causes"]
        return {"would_send": len(self.items)} | found


def make_plan(store: Store, selection: Selection, *, records_max: int = RECORDS_MAX) -> Plan:
    """Return what a redrive of `selection` would do now. Reads only."""
    rows = store.query(
        "dead_letters_failures",
        {
            "since": selection.since,
            "until": selection.until,
            "topic": selection.topic,
            "group": selection.group,
            "reason": selection.reason.lower(),
            "exception": selection.exception,
            "events": list(selection.events),
            "rows_max": records_max + 1,
        },
    )
    chosen, left_out = choose(rows[:records_max], selection)
    origins = [origin for row in chosen if (origin := _origin(row))]
    groups = tuple(sorted({row["consumer_group"] or row["service"] for row in chosen} - {""}))
    targets = Counter(_target(row, selection) for row in chosen)
    readers = _readers(store, targets, groups, selection.since)
    return Plan(
        items=[_item(row, selection) for row in chosen],
        causes={_dead_letter(row): row["exception"] for row in chosen},
        failures=len(rows[:records_max]),
        dead_letters=sum(row["dead_letters"] for row in rows[:records_max]),
        left_out=left_out,
        targets=dict(targets.most_common()),
        groups=groups,
        readers=readers,
        readers_known=bool(readers),
        effects=_effects(store, origins, groups),
        newer=sum(len(store.query("redrive_newer", part)) for part in _parts(origins)),
        failed_again=sum(row["state"] == "failed again" for row in chosen),
        guessed=sum(row["origin_evidence"] == "inferred" for row in chosen),
        samples=[str(_dead_letter(row)) for row in chosen[:_SAMPLES]],
        cut=len(rows) > records_max,
    )


def choose(
    rows: Sequence[Mapping[str, Any]], selection: Selection
) -> tuple[list[Mapping[str, Any]], dict[str, int]]:
    """Return the failures to send, one dead letter each, and how many are left out, by reason."""
    left_out: Counter[str] = Counter()
    chosen = []
    for row in rows:
        state = row["state"]
        if state in ("recovered", "sent again") and state not in selection.include:
            left_out[state] += 1
        elif not row["origin_topic"] and not selection.to:
            left_out["origin not known: say where to with --to"] += 1
        else:
            chosen.append(row)
    duplicates = sum(row["dead_letters"] - 1 for row in chosen)
    if duplicates:
        left_out["another dead letter of the same failure"] = duplicates
    return chosen, dict(left_out)


def check(selection: Selection) -> None:
    """Raise SettingsError where the selection means everything there is."""
    if not selection.narrows():
        raise SettingsError(
            "Say which dead letters: --reason, --topic, --group, --exception or --event. "
            "`headwater dlq` lists the reasons with their ids."
        )


def _item(row: Mapping[str, Any], selection: Selection) -> Item:
    target = _target(row, selection)
    at_home = target == row["origin_topic"]
    return Item(
        dead_letter=_dead_letter(row),
        origin=_origin(row),
        target_topic=target,
        target_partition=row["origin_partition"] if at_home else -1,
    )


def _target(row: Mapping[str, Any], selection: Selection) -> str:
    return str(selection.to or row["origin_topic"])


def _dead_letter(row: Mapping[str, Any]) -> EventRef:
    return EventRef.of(row, "last_")


def _origin(row: Mapping[str, Any]) -> EventRef | None:
    if not row["origin_topic"]:
        return None
    return EventRef.of(row, "origin_")


def _readers(store: Store, targets: Iterable[str], groups: Sequence[str], since: datetime) -> list[Reader]:
    wanted = set(targets)
    return [
        Reader(row["consumer_group"], row["topic"], row["state"], row["consumer_group"] in groups)
        for row in store.query("groups_latest", {"since": since})
        if row["topic"] in wanted
    ]


def _effects(store: Store, origins: Sequence[EventRef], groups: Sequence[str]) -> list[Effect]:
    """Return what others made of the origins: what the failed group makes of them is what the redrive is for."""
    counted: dict[tuple[str, str, str], Effect] = {}
    for part in _parts(origins):
        for row in store.query("redrive_effects", part):
            if row["service"] in groups:
                continue
            key = (row["service"], row["topic"], row["type"])
            before = counted.get(key)
            counted[key] = Effect(
                *key,
                causes=row["causes"] + (before.causes if before else 0),
                events=row["events"] + (before.events if before else 0),
                sample=row["sample"],
            )
    return sorted(counted.values(), key=lambda effect: (-effect.events, effect.service, effect.topic))


def _parts(places: Sequence[EventRef]) -> Iterable[dict[str, list[Any]]]:
    for start in range(0, len(places), _PLACES_A_QUERY):
        part = places[start : start + _PLACES_A_QUERY]
        yield {
            "topics": [place.topic for place in part],
            "partitions": [place.partition for place in part],
            "offsets": [place.offset for place in part],
        }
