"""The nouns of Headwater as frozen types, and the columns of the tables that hold them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

Relation = Literal["caused", "dead_lettered", "retried", "redriven", "mirrored", "duplicated"]
Evidence = Literal["header", "provenance", "span", "context", "inferred"]


class EventRef(NamedTuple):
    """Where a record is on its cluster, which is the only identity that never repeats."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}/{self.offset}"

    @classmethod
    def of(cls, row: Mapping[str, Any], which: str = "") -> "EventRef":
        """Return the place in the columns `topic`, `partition` and `offset`, or those with `which` before them."""
        return cls(row[f"{which}topic"], row[f"{which}partition"], row[f"{which}offset"])

    @classmethod
    def parse(cls, text: str) -> "EventRef | None":
        """Read `topic/partition/offset`; None if `text` is anything else."""
        topic, _, rest = text.rpartition("/")
        topic, _, partition = topic.rpartition("/")
        if topic and partition.isascii() and partition.isdigit() and rest.isascii() and rest.isdigit():
            return cls(topic, int(partition), int(rest))
        return None


@dataclass(frozen=True, slots=True)
class Event:
    """A stored record, as far as lineage and pictures need it: each field is one more block to unpack per event.

    Times are UTC and aware. `claims_cause` tells that it says something of its cause.
    """

    ref: EventRef
    time: datetime
    key: str | None
    type: str
    service: str
    source: str
    message_id: str
    trace_id: str
    span_id: str
    correlation_id: str
    dead_letter: bool
    claims_cause: bool = False
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """`cause` led to `effect`; `name` is what they met by, `confidence` is 0..1."""

    cause: EventRef
    effect: EventRef
    relation: Relation
    evidence: Evidence
    confidence: float
    latency_ms: float
    name: str = ""


def message_name(message_id: str, namespace: str = "") -> str:
    """Return the name of the event that carries this message id, unique inside `namespace`."""
    return f"id/{namespace}:{message_id}" if namespace else f"id:{message_id}"


REDRIVEN_FROM = "headwater-redriven-from"
"""The header by which Headwater marks what it sent again: the place of the dead letter."""

SPAN_NAME_PREFIX = "span:"
"""Before `trace id-span id`, the name of the event that was sent under this span."""


def coordinates_name(topic: str, partition: int, offset: int) -> str:
    """Return the name that every event has without saying so: its place on the cluster."""
    return f"event:{topic}/{partition}/{offset}"


def span_name(trace_id: str, span_id: str) -> str:
    """Return the name of the event that was sent under this span."""
    return f"{SPAN_NAME_PREFIX}{trace_id}-{span_id}"
