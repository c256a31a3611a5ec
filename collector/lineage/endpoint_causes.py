"""From SkyWalking's contexts to causes: they name the topics that a sender was reading. Pure.

The agent opens one span for all that a poll returned, or one per record with a listener, and the trace is that of the
first record. So what was sent under it has a cause on these topics, mostly in its own trace: likely, and no fact.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import networkx as nx

from schemas.records import EventRef

SURE = 0.9
"""Of one event on these topics in this trace. Assumed, not measured: a poll may return records of other traces too."""
CANDIDATES_MAX = 50


@dataclass(frozen=True, slots=True)
class Traced:
    """An event of a trace; `reading` has the topics that its sender was reading, empty = not said."""

    ref: EventRef
    trace_id: str
    time: datetime
    reading: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Likely:
    """`cause` was probably being handled when `effect` was sent."""

    cause: EventRef
    effect: EventRef
    confidence: float


def endpoint_causes(events: Sequence[Traced]) -> list[Likely]:
    """Return likely causes; where several events would do equally well, each gets its share. No facts, no rings.

    What is later by its clock caused nothing: where clocks are off, nothing is said.
    """
    by_trace: dict[tuple[str, str], list[Traced]] = defaultdict(list)
    for event in events:
        by_trace[event.trace_id, event.ref.topic].append(event)
    graph: nx.DiGraph[EventRef] = nx.DiGraph()
    found: list[Likely] = []
    for effect in sorted(events, key=lambda event: (event.time, event.ref)):
        causes = [
            cause
            for topic in effect.reading
            for cause in by_trace[effect.trace_id, topic]
            if _may_cause(cause, effect) and not _closes_ring(graph, cause, effect)
        ]
        if len(causes) <= CANDIDATES_MAX:
            graph.add_edges_from((cause.ref, effect.ref) for cause in causes)
            found.extend(Likely(cause.ref, effect.ref, SURE / len(causes)) for cause in causes)
    return found


def _may_cause(cause: Traced, effect: Traced) -> bool:
    same_partition = cause.ref[:2] == effect.ref[:2]
    behind = same_partition and cause.ref.offset > effect.ref.offset
    return cause.ref != effect.ref and cause.time <= effect.time and not behind


def _closes_ring(graph: "nx.DiGraph[EventRef]", cause: Traced, effect: Traced) -> bool:
    return (
        cause.time == effect.time
        and {cause.ref, effect.ref} <= graph.nodes
        and nx.has_path(graph, effect.ref, cause.ref)
    )
