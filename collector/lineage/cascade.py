"""One cascade: the events that hang together by cause and effect, across traces."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import networkx as nx

from collector.lineage.find_events import refs_parameters, resolve
from collector.lineage.graph import build_graph, critical_path, depths
from collector.storage.api import Store
from schemas.records import Edge, Event, EventRef

__all__ = ["Cascade", "Direction", "read_cascade", "resolve"]

Direction = Literal["both", "up", "down"]

_REFS_PER_QUERY = 20_000  # many at once: each query looks through the same granules again


@dataclass(frozen=True)
class Cascade:
    """Events and edges around a focus. Every node of `graph` is a key of `events`.

    `roots` have no cause in it, `orphans` say that they have one which was never seen, `outside` counts causes
    and effects that were left out. `truncated` tells that a limit cut it short.
    """

    focus: EventRef | None
    events: Mapping[EventRef, Event]
    edges: Sequence[Edge]
    graph: "nx.DiGraph[EventRef]"
    roots: Sequence[EventRef]
    depths: Mapping[EventRef, int]
    critical_path: Sequence[EventRef]
    orphans: Sequence[EventRef]
    truncated: bool


def read_cascade(
    store: Store,
    refs: Sequence[EventRef],
    *,
    direction: Direction = "both",
    depth_max: int = 1_000,
    events_max: int = 10_000,
) -> Cascade:
    """Return the cascade around `refs`.

    `up` follows causes to the roots, `down` follows effects, `both` goes up to the roots and from there down
    again, so that what else a root brought about is there too. References to events that are not stored are
    left out. `depth_max` counts hops in either direction.
    """
    walk = _Walk(store, events_max)
    starts = list(dict.fromkeys(refs))
    walk.reached.update(starts)
    if direction != "down":
        walk.follow("cascade_causes", starts, depth_max)
    if direction != "up":
        walk.follow("cascade_effects", starts if direction == "down" else list(walk.reached), depth_max)
    events = read_events(store, walk.reached)
    unexplained = [ref for ref, event in events.items() if event.claims_cause and ref not in walk.has_cause]
    walk.look_for_causes(unexplained)
    edges = [edge for edge in walk.edges.values() if edge.cause in events and edge.effect in events]
    graph = build_graph(events, edges)
    return Cascade(
        focus=refs[0] if len(refs) == 1 and refs[0] in events else None,
        events=events,
        edges=edges,
        graph=graph,
        roots=sorted(
            (node for node, causes in graph.in_degree() if causes == 0), key=lambda ref: _order(events[ref])
        ),
        depths=depths(graph),
        critical_path=critical_path(graph, events),
        orphans=[ref for ref in unexplained if ref not in walk.has_cause],
        truncated=walk.truncated,
    )


class _Walk:
    """Breadth first along stored edges, one query per level and direction."""

    def __init__(self, store: Store, events_max: int) -> None:
        self._store = store
        self._events_max = events_max
        self.reached: set[EventRef] = set()
        self.edges: dict[tuple[EventRef, EventRef, str], Edge] = {}
        self.has_cause: set[EventRef] = set()
        self.truncated = False

    def follow(self, query: str, frontier: list[EventRef], depth_max: int) -> None:
        """Go on from `frontier` until nothing new is found or a limit is met."""
        for _ in range(depth_max):
            found = self._neighbours(query, frontier)
            frontier = [ref for ref in dict.fromkeys(found) if ref not in self.reached]
            room = self._events_max - len(self.reached)
            if len(frontier) > room:
                frontier, self.truncated = frontier[:room], True
            self.reached.update(frontier)
            if not frontier:
                return
        self.truncated = True

    def look_for_causes(self, refs: list[EventRef]) -> None:
        """Note which of these have a cause at all, also one that this walk leaves out."""
        for row in self._rows("cascade_causes", refs):
            self.has_cause.add(_edge(row).effect)

    def _rows(self, query: str, refs: list[EventRef]) -> Iterator[Mapping[str, object]]:
        for start in range(0, len(refs), _REFS_PER_QUERY):
            chunk = refs_parameters(refs[start : start + _REFS_PER_QUERY])
            yield from self._store.query(query, {**chunk, "edges_max": 4 * self._events_max})

    def _neighbours(self, query: str, frontier: list[EventRef]) -> Iterable[EventRef]:
        found: list[EventRef] = []
        for edge in map(_edge, self._rows(query, frontier)):
            self.edges[edge.cause, edge.effect, edge.relation] = edge
            self.has_cause.add(edge.effect)
            found.append(edge.cause if query == "cascade_causes" else edge.effect)
        return found


def read_events(store: Store, refs: Iterable[EventRef]) -> dict[EventRef, Event]:
    """Return the stored events among `refs`, oldest first."""
    wanted = sorted(refs)
    rows = [
        row
        for start in range(0, len(wanted), _REFS_PER_QUERY)
        for row in store.query("events_by_ref", refs_parameters(wanted[start : start + _REFS_PER_QUERY]))
    ]
    events = sorted(map(_event, rows), key=_order)
    return {event.ref: event for event in events}


def _order(event: Event) -> tuple[object, ...]:
    return event.time, event.ref


def _edge(row: Mapping[str, object]) -> Edge:
    return Edge(
        cause=EventRef(row["cause_topic"], row["cause_partition"], row["cause_offset"]),  # type: ignore[arg-type]
        effect=EventRef(row["effect_topic"], row["effect_partition"], row["effect_offset"]),  # type: ignore[arg-type]
        relation=row["relation"],  # type: ignore[arg-type]
        evidence=row["evidence"],  # type: ignore[arg-type]
        confidence=round(float(row["confidence"]), 6),  # type: ignore[arg-type]
        latency_ms=float(row["latency_ms"]),  # type: ignore[arg-type]
        name=str(row["name"]),
    )


def _event(row: Mapping[str, object]) -> Event:
    key = row["key"]
    return Event(
        ref=EventRef(row["topic"], row["partition"], row["offset"]),  # type: ignore[arg-type]
        time=row["time"],  # type: ignore[arg-type]
        key=key.decode("utf-8", "backslashreplace") if isinstance(key, bytes) else key,  # type: ignore[arg-type]
        type=str(row["type"]),
        service=str(row["service"]),
        source=str(row["source"]),
        message_id=str(row["message_id"]),
        trace_id=str(row["trace_id"]),
        span_id=str(row["span_id"]),
        correlation_id=str(row["correlation_id"]),
        dead_letter=bool(row["dead_letter"]),
        claims_cause=bool(row["claims_cause"]),
        errors=tuple(row["errors"]),  # type: ignore[arg-type]
    )
