"""How well events can be traced to their causes: a grade per topic and service, and what would improve it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import ceil
from typing import Any, Literal

from collector.lineage.client_habits import Advice, Habit, advise
from collector.storage.api import Store
from schemas.records import EventRef

Row = Mapping[str, Any]
Grade = Literal["A", "B", "C", "D", "F", "start", "?"]
Role = Literal["caused", "starts flows", "not known"]

EVENTS_LOOKED_AT_MAX = 2_000_000
HABIT_EVENTS_MAX = 200_000
EXACT = ("header", "provenance", "span", "context")
NOT_EXACT = ("ambiguous", "inferred", "orphans", "nothing")
OTHERS_LINKED_MIN = 0.9


@dataclass(frozen=True, slots=True)
class Counts:
    """Events by what is known of their causes: each counts once, by its surest edge. `starts` need none."""

    header: int = 0
    provenance: int = 0
    span: int = 0
    context: int = 0
    ambiguous: int = 0
    inferred: int = 0
    orphans: int = 0
    nothing: int = 0
    starts: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))

    @property
    def exact(self) -> int:
        """Return how many have an exact cause."""
        return self.header + self.provenance + self.span + self.context

    @property
    def judged(self) -> int:
        """Return how many ought to have a cause."""
        return self.exact + self.ambiguous + self.inferred + self.orphans + self.nothing

    @property
    def exact_share(self) -> float | None:
        """Return the share with an exact cause among those that ought to have one; None for none."""
        return self.exact / self.judged if self.judged else None

    @property
    def resolved_share(self) -> float | None:
        """Return the share with a cause at all, inferred and ambiguous ones too."""
        return (self.exact + self.ambiguous + self.inferred) / self.judged if self.judged else None


@dataclass(frozen=True, slots=True)
class Linkability:
    """One stream: what one service writes to one topic. `service` is empty where it is not on the wire.

    `exact_before` is the share of the span before, for the trend. `gain_per_day` is how many events a day become
    exact when the advice is followed. `role` says whether it is graded, and `judged` how that was concluded.
    """

    topic: str
    service: str
    counts: Counts
    role: Role
    judged: str
    grade: Grade
    exact_before: float | None
    advice: Advice | None
    gain_per_day: float
    example: EventRef


def grade(counts: Counts) -> Grade:
    """Return the letter: A from 95 % exact, B from 80 %; C from 80 % with inferred ones, D from 50 %, else F."""
    exact, resolved = counts.exact_share, counts.resolved_share
    if exact is None or resolved is None:
        return "start"
    if exact >= 0.95:
        return "A"
    if exact >= 0.8:
        return "B"
    return "C" if resolved >= 0.8 else "D" if resolved >= 0.5 else "F"


def read_linkability(
    store: Store, since: datetime, until: datetime, *, compared: bool = True
) -> list[Linkability]:
    """Return every stream with events in [since, until), those with most to gain first.

    `compared` looks at the span before as well, which costs as much again.
    """
    now = _read_counts(store, since, until)
    if not now.streams:
        return []
    before = _read_counts(store, since - (until - since), since) if compared else _Counted()
    habits = _read_habits(store, since, until, now.events)
    days = (until - since) / timedelta(days=1)
    found = []
    for key, stream in now.streams.items():
        previous = before.streams.get(key)
        advice = None
        letter: Grade = "?" if stream.role == "not known" else grade(stream.counts)
        missing = stream.counts.judged - stream.counts.exact
        if letter not in ("A", "start") and missing:
            advice = advise(habits.get(key, Habit(frozenset())))
        found.append(
            Linkability(
                topic=key[0],
                service=key[1],
                counts=stream.counts,
                role=stream.role,
                judged=stream.judged,
                grade=letter,
                exact_before=previous.counts.exact_share if previous else None,
                advice=advice,
                gain_per_day=missing / days if advice and letter != "?" else 0.0,
                example=stream.example,
            )
        )
    return sorted(found, key=lambda one: (-one.gain_per_day, one.topic, one.service))


def together(streams: Iterable[Linkability], by: Literal["topic", "service"]) -> dict[str, Counts]:
    """Return the counts of each topic or of each service (empty = not on the wire)."""
    found: dict[str, Counts] = {}
    for one in streams:
        name = getattr(one, by)
        found[name] = found.get(name, Counts()) + one.counts
    return found


@dataclass
class _Stream:
    counts: Counts
    role: Role
    judged: str
    example: EventRef


@dataclass
class _Counted:
    events: int = 0
    streams: dict[tuple[str, str], _Stream] = field(default_factory=dict)


def _read_counts(store: Store, since: datetime, until: datetime) -> _Counted:
    span = {"since": since, "until": until}
    events = store.query("flows_size", span)[0]["events"]
    if not events:
        return _Counted()
    one_in = max(1, ceil(events / EVENTS_LOOKED_AT_MAX))
    rows = store.query("linkability_events", {**span, "one_in": one_in})
    readers = {row["service"]: row["topics"] for row in store.query("linkability_readers", span)}
    return _Counted(events, streams(rows, readers, one_in))


def streams(
    rows: Sequence[Row], readers: Mapping[str, Sequence[str]], one_in: int
) -> dict[tuple[str, str], _Stream]:
    """Sum the rows of `linkability_events` per topic and service; kinds that start flows are told apart. Pure."""
    by_service: dict[str, list[Row]] = {}
    for row in rows:
        by_service.setdefault(row["service"], []).append(row)
    found: dict[tuple[str, str], _Stream] = {}
    for row in rows:
        starts, role, judged = _role(row, by_service[row["service"]], readers)
        names = (*EXACT, *NOT_EXACT)
        counts = Counts(starts=row["events"]) if starts else Counts(**{name: row[name] for name in names})
        counts = Counts(*(getattr(counts, name) * one_in for name in Counts.__slots__))
        example = EventRef(row["topic"], *row["example"])
        key = (row["topic"], row["service"])
        if key not in found:
            found[key] = _Stream(counts, role, judged, example)
            continue
        stream = found[key]
        if not starts and stream.role != "caused":  # what is graded decides how the whole is called
            stream.role, stream.judged, stream.example = role, judged, example
        stream.counts += counts
    return found


def _role(
    row: Row, of_service: Sequence[Row], readers: Mapping[str, Sequence[str]]
) -> tuple[bool, Role, str]:
    """Tell whether events of this kind start flows, and by what that is concluded."""
    if row["nothing"] < row["events"]:
        return False, "caused", "some of its events have or name a cause"
    if not row["service"]:
        return False, "not known", "no event has or names a cause, and who writes them is not on the wire"
    if row["service"] not in readers:
        return True, "starts flows", "nothing is known that this service reads"
    others = [other for other in of_service if other["nothing"] < other["events"]]
    linked = sum(other["events"] - other["nothing"] for other in others)
    if others and linked >= OTHERS_LINKED_MIN * sum(other["events"] for other in others):
        return True, "starts flows", "the other events of this service have causes, this kind never has one"
    return False, "caused", f"the service reads {readers[row['service']][0]} and does not say what came of it"


def _read_habits(store: Store, since: datetime, until: datetime, events: int) -> dict[tuple[str, str], Habit]:
    span = {"since": since, "until": until, "one_in": max(1, ceil(events / HABIT_EVENTS_MAX))}
    continued = {
        (row["topic"], row["service"]): row["continued"] / max(1, row["events"])
        for row in store.query("linkability_traces", span)
    }
    found = {}
    for row in store.query("linkability_habits", span):
        key = (row["topic"], row["service"])
        names = frozenset(name.lower() for name in row["names"] if isinstance(name, str))
        total = max(1, row["events"])
        habit = Habit(names, row["appended"] / total, row["traced"] / total, row["named"] / total)
        found[key] = replace(habit, continued=continued.get(key, 0.0))
    return found
