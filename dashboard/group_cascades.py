"""From loose edges to a list of cascades. Pure."""

from collections.abc import Collection
from dataclasses import dataclass

import pyarrow as pa

from schemas.records import EventRef


@dataclass(frozen=True, slots=True)
class Summary:
    """One cascade as far as the edges at hand show it. Times are milliseconds since 1970, UTC."""

    root: EventRef
    type: str
    service: str
    roots: int
    events: int
    topics: int
    start_ms: int
    end_ms: int
    dead_letters: int
    retries: int

    @property
    def duration_ms(self) -> int:
        """Return the time from the first to the last event."""
        return self.end_ms - self.start_ms


def summarize(edges: pa.Table, dead: Collection[int]) -> list[Summary]:
    """Group the rows of `cascades_edges` into connected cascades; `dead` names events as the rows do."""
    causes, effects = edges["cause"].to_pylist(), edges["effect"].to_pylist()
    root_of = _connect(causes, effects)
    is_effect = set(effects)
    cause_ms, effect_ms = edges["cause_ms"].to_pylist(), edges["effect_ms"].to_pylist()
    cause_topic, effect_topic = edges["topic"].to_pylist(), edges["effect_topic"].to_pylist()
    relation = edges["relation"].to_pylist()
    tallies: dict[int, _Tally] = {}
    for row, cause in enumerate(causes):
        tally = tallies.setdefault(root_of[cause], _Tally())
        if not tally.events or cause_ms[row] < tally.start_ms:
            tally.start_ms = cause_ms[row]
        tally.end_ms = max(tally.end_ms, effect_ms[row])
        tally.events.update((cause, effects[row]))
        tally.topics.update((cause_topic[row], effect_topic[row]))
        tally.retries += relation[row] == "retried"
        if cause not in is_effect:
            tally.roots.add(cause)
        first = (
            cause in is_effect,
            cause_ms[row],
            row,
        )  # loops have no root: then the oldest cause stands for it
        tally.first = min(tally.first, first) if tally.first else first
    return [_summary(edges, tally, set(dead)) for tally in tallies.values()]


class _Tally:
    def __init__(self) -> None:
        self.events: set[int] = set()
        self.topics: set[str] = set()
        self.roots: set[int] = set()
        self.first: tuple[bool, int, int] | None = None
        self.start_ms = 0
        self.end_ms = 0
        self.retries = 0


def _summary(edges: pa.Table, tally: _Tally, dead: set[int]) -> Summary:
    first = tally.first[2] if tally.first else 0
    row = {name: edges[name][first].as_py() for name in ("topic", "partition", "offset", "type", "service")}
    return Summary(
        root=EventRef.of(row),
        type=row["type"],
        service=row["service"],
        roots=max(1, len(tally.roots)),
        events=len(tally.events),
        topics=len(tally.topics),
        start_ms=tally.start_ms,
        end_ms=max(tally.start_ms, tally.end_ms),
        dead_letters=len(tally.events & dead),
        retries=tally.retries,
    )


def _connect(causes: list[int], effects: list[int]) -> dict[int, int]:
    """Return for each event the name of its connected part (union-find with path halving)."""
    parent: dict[int, int] = {}

    def root(node: int) -> int:
        parent.setdefault(node, node)
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for cause, effect in zip(causes, effects, strict=True):
        parent[root(effect)] = root(cause)
    return {node: root(node) for node in list(parent)}
