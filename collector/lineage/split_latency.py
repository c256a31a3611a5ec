"""How the time between cause and effect was spent: waiting in the topic, and worked on in the service.

Known where spans are: the span under which the effect was sent leads, parent by parent, to the one that began when
the cause was taken. Where that span was never received, nothing is said.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from collector.lineage.cascade import Cascade
from collector.storage.api import Store
from schemas.records import Edge, EventRef

SPANS_MAX = 50_000
TRACES_MAX = 500
PARENTS_MAX = 100
SKEW_MS_MAX = 1_000.0
_TAKING = ("process", "receive")


@dataclass(frozen=True, slots=True)
class Split:
    """Milliseconds between the cause's record and its being taken, and from there to the effect's record."""

    waiting_ms: float
    working_ms: float


def split_latency(
    store: Store, cascade: Cascade, edges: Iterable[Edge]
) -> dict[tuple[EventRef, EventRef], Split]:
    """Return the split of those of `edges` for which spans tell it."""
    wanted = [edge for edge in edges if edge.relation == "caused" and cascade.events[edge.effect].span_id]
    traces = sorted({cascade.events[edge.effect].trace_id for edge in wanted})[:TRACES_MAX]
    if not traces:
        return {}
    rows = store.query("cascade_spans", {"trace_ids": traces, "spans_max": SPANS_MAX})
    spans = {(row["trace_id"], row["span_id"]): row for row in rows}
    found = {}
    for edge in wanted:
        cause, effect = cascade.events[edge.cause], cascade.events[edge.effect]
        taken = _taken(spans, effect.trace_id, effect.span_id, edge.cause.topic)
        if taken is not None:
            split = split_at(cause.time, taken, effect.time)
            if split:
                found[edge.cause, edge.effect] = split
    return found


def _taken(
    spans: Mapping[tuple[str, str], Mapping[str, Any]], trace_id: str, span_id: str, topic: str
) -> datetime | None:
    """Walk up from the producer's span to the one that took a record of `topic`."""
    for _ in range(PARENTS_MAX):
        span = spans.get((trace_id, span_id))
        if span is None:
            return None
        takes = span["kind"] == "consumer" or span["operation"] in _TAKING
        if takes and span["topic"] in ("", topic):
            start: datetime = span["start_time"]
            return start
        span_id = span["parent_span_id"]
    return None


def split_at(sent: datetime, taken: datetime, answered: datetime) -> Split | None:
    """Split the time at `taken`; None where clocks disagree too much to say anything."""
    waiting_ms = (taken - sent).total_seconds() * 1000
    working_ms = (answered - taken).total_seconds() * 1000
    if waiting_ms < -SKEW_MS_MAX or working_ms < -SKEW_MS_MAX:
        return None
    return Split(max(0.0, waiting_ms), max(0.0, working_ms))
