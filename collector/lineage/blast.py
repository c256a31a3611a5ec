"""Where trouble started and what it touched: up from an event to the first anomaly, and down from there."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import networkx as nx

from collector.errors import RecordError
from collector.lineage.cascade import Cascade
from collector.lineage.find_events import refs_parameters
from collector.storage.api import Store
from schemas.records import Edge, Event, EventRef

SignKind = Literal["failed", "retried", "late", "changed shape", "not understood"]

NEW_SHAPE = timedelta(hours=1)
USUAL_SPAN = timedelta(hours=24)
CHANGE_BEFORE = timedelta(hours=24)
LATE_TIMES = 3.0
LATE_MS_MIN = 1_000.0
USUAL_EDGES_MIN = 20
ANCESTORS_MAX = 500
_NOT_JSON = RecordError.PAYLOAD_NOT_JSON.value


@dataclass(frozen=True, slots=True)
class Sign:
    """What is odd about an event. `service` failed or was slow, empty = not known; `detail` is wire text."""

    kind: SignKind
    event: EventRef
    service: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What changed shortly before: a neighbour in time, said as that and no more."""

    kind: str
    time: datetime
    service: str
    topic: str
    text: str


@dataclass(frozen=True, slots=True)
class Started:
    """The first anomaly on the way up from `asked`, None where nothing was odd; and the changes before it.

    `origin` is where what followed is counted from: the event that failed first, or `asked`. `unknown` tells that
    the way up ends at an event whose cause was never seen, `guessed` that it leads over inferred edges.
    """

    asked: EventRef
    origin: EventRef
    sign: Sign | None
    time: datetime
    changes: tuple[Change, ...]
    ancestors: int
    unknown: bool
    guessed: bool


@dataclass(frozen=True, slots=True)
class Touch:
    """An event that `origin` led to, `hops` steps on, by the surest last step."""

    event: Event
    hops: int
    edge: Edge | None


@dataclass(frozen=True, slots=True)
class Touched:
    """All that an event led to, itself included, in order of time. Counts are by name, most first."""

    events: tuple[Touch, ...]
    services: Mapping[str, int]
    topics: Mapping[str, int]
    keys: Mapping[str, int]
    dead_letters: tuple[EventRef, ...]
    guessed: int
    truncated: bool


def find_start(store: Store, cascade: Cascade, asked: EventRef) -> Started:
    """Return the first anomaly on the way up from `asked`, which is an event of `cascade`."""
    above = _ancestors(cascade, asked)
    signs = _signs(store, cascade, [asked, *above])
    sign = signs[0] if signs else None
    origin = asked if sign is None else _origin(cascade, sign)
    time = cascade.events[origin].time
    orphans = set(cascade.orphans)
    on_the_way = {asked, *above}
    return Started(
        asked=asked,
        origin=origin,
        sign=sign,
        time=time,
        changes=_changes(store, cascade, [*above, asked], time) if sign else (),
        ancestors=len(above),
        unknown=any(ref in orphans for ref in on_the_way),
        guessed=any(
            edge.evidence == "inferred" and edge.effect in on_the_way and edge.cause in on_the_way
            for edge in cascade.edges
        ),
    )


def touched(cascade: Cascade, origin: EventRef) -> Touched:
    """Return what `origin` led to within the cascade."""
    hops = nx.single_source_shortest_path_length(cascade.graph, origin)
    inside = set(hops)
    last: dict[EventRef, Edge] = {}
    for edge in cascade.edges:
        if edge.effect in inside and edge.cause in inside and edge.effect != origin:
            held = last.get(edge.effect)
            if held is None or _sureness(edge) > _sureness(held):
                last[edge.effect] = edge
    events = sorted((cascade.events[ref] for ref in hops), key=lambda event: (event.time, event.ref))
    return Touched(
        events=tuple(Touch(event, hops[event.ref], last.get(event.ref)) for event in events),
        services=_counted(event.service for event in events if event.service),
        topics=_counted(event.ref.topic for event in events),
        keys=_counted(event.key for event in events if event.key),
        dead_letters=tuple(event.ref for event in events if event.dead_letter),
        guessed=sum(edge.evidence == "inferred" for edge in last.values()),
        truncated=cascade.truncated,
    )


def _sureness(edge: Edge) -> tuple[bool, float]:
    return edge.evidence != "inferred", edge.confidence


def _counted(names: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _ancestors(cascade: Cascade, asked: EventRef) -> list[EventRef]:
    """Return what led to `asked`, nearest first and at most ANCESTORS_MAX."""
    seen: dict[EventRef, None] = {}
    frontier = [asked]
    while frontier and len(seen) < ANCESTORS_MAX:
        above = dict.fromkeys(cause for ref in frontier for cause in cascade.graph.predecessors(ref))
        frontier = [ref for ref in above if ref not in seen]
        seen.update(dict.fromkeys(frontier))
    return list(seen)[:ANCESTORS_MAX]


def _signs(store: Store, cascade: Cascade, refs: Sequence[EventRef]) -> list[Sign]:
    """Return what is odd about these events, from the beginning of the cascade on."""
    facts = _facts(store, cascade, refs)
    usual = _usual(store, cascade, refs)
    incoming: dict[EventRef, list[Edge]] = {}
    wanted = set(refs)
    for edge in cascade.edges:
        if edge.effect in wanted:
            incoming.setdefault(edge.effect, []).append(edge)
    in_order = sorted(refs, key=lambda ref: (cascade.depths.get(ref, 0), cascade.events[ref].time, ref))
    return [
        sign
        for ref in in_order
        for sign in _signs_of(cascade.events[ref], incoming.get(ref, ()), facts.get(ref, {}), usual)
    ]


def _signs_of(
    event: Event,
    incoming: Iterable[Edge],
    fact: Mapping[str, Any],
    usual: Mapping[tuple[str, str], tuple[int, float]],
) -> list[Sign]:
    found = []
    relations = {edge.relation for edge in incoming}
    failing = fact.get("failed_group") or event.service
    if event.dead_letter or "dead_lettered" in relations:
        found.append(Sign("failed", event.ref, failing, fact.get("exception", "")))
    elif "retried" in relations:
        found.append(Sign("retried", event.ref, failing, fact.get("exception", "")))
    if fact.get("new_shape"):
        found.append(Sign("changed shape", event.ref, event.service, event.type))
    if _NOT_JSON in event.errors:
        found.append(Sign("not understood", event.ref, event.service, _NOT_JSON))
    for edge in incoming:
        edges, p99_ms = usual.get((edge.cause.topic, edge.effect.topic), (0, 0.0))
        late_ms = max(LATE_MS_MIN, LATE_TIMES * p99_ms)
        if edge.relation == "caused" and edges >= USUAL_EDGES_MIN and edge.latency_ms > late_ms:
            detail = f"{edge.latency_ms / 1000:,.1f} s after {edge.cause}, where 99 of 100 need {p99_ms / 1000:,.1f} s"
            found.append(Sign("late", event.ref, event.service, detail))
            break
    return found


def _origin(cascade: Cascade, sign: Sign) -> EventRef:
    """Return what failed first: what was retried or given up, not the copy that tells of it."""
    failed = [
        edge.cause for edge in cascade.edges
        if edge.effect == sign.event and edge.relation in ("retried", "dead_lettered")
    ]  # fmt: skip
    if sign.kind not in ("failed", "retried") or not failed:
        return sign.event
    return min(failed, key=lambda ref: (cascade.events[ref].time, ref))


def _facts(store: Store, cascade: Cascade, refs: Sequence[EventRef]) -> dict[EventRef, Mapping[str, Any]]:
    until = max(cascade.events[ref].time for ref in refs)
    names = {"topics_asked": sorted({ref.topic for ref in refs})}
    asked = {**refs_parameters(list(refs)), **names, "until": until, "new_s": int(NEW_SHAPE.total_seconds())}
    return {EventRef.of(row): row for row in store.query("blast_facts", asked)}


def _usual(
    store: Store, cascade: Cascade, refs: Sequence[EventRef]
) -> dict[tuple[str, str], tuple[int, float]]:
    until = min(cascade.events[ref].time for ref in refs)
    asked = {"topics": sorted({ref.topic for ref in refs}), "since": until - USUAL_SPAN, "until": until}
    return {
        (row["cause_topic"], row["effect_topic"]): (row["edges"], row["p99_ms"])
        for row in store.query("blast_usual_latencies", asked)
    }


def _changes(store: Store, cascade: Cascade, refs: Sequence[EventRef], time: datetime) -> tuple[Change, ...]:
    asked = {
        "services": sorted({cascade.events[ref].service for ref in refs} - {""}),
        "topics": sorted({ref.topic for ref in refs}),
        "since": time - CHANGE_BEFORE,
        "until": time,
    }
    return tuple(
        Change(row["kind"], row["time"], row["service"], row["topic"], row["said"])
        for row in store.query("blast_changes", asked)
    )
