"""Collects believable rows of events and edges, for stories that are told to the dashboard's tests."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import pyarrow as pa

from collector.detect.dead_letters_find import FindDeadLetters
from collector.settings import load
from collector.storage.api import Store
from schemas import arrow
from schemas.records import EventRef, coordinates_name

_UTC_MS = pa.timestamp("ms", tz="UTC")
EDGES = pa.schema(
    [(f"{end}_{name}", type_) for end in ("effect", "cause")
     for name, type_ in (("topic", pa.string()), ("partition", pa.uint32()), ("offset", pa.uint64()))]
    + [("relation", pa.string()), ("evidence", pa.string()), ("confidence", pa.float32()), ("name", pa.string())]
    + [(f"{end}_time", _UTC_MS) for end in ("cause", "effect")]
    + [(f"{end}_{name}", pa.string()) for name in ("service", "type") for end in ("cause", "effect")]
    + [("linked_time", _UTC_MS)]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seen:
    """An event of the story: what later events need to know of it."""

    ref: EventRef
    time: datetime
    service: str
    type: str
    trace_id: str


@dataclass
class Story:
    """Collects rows. `partitions` per topic; offsets count up by themselves."""

    now: datetime
    partitions: int = 3
    events: list[dict[str, Any]] = field(default_factory=list)
    edges: list[dict[str, Any]] = field(default_factory=list)
    next_offset: dict[tuple[str, int], int] = field(default_factory=dict)

    def event(
        self,
        topic: str,
        type_: str,
        service: str,
        time: datetime,
        *causes: Seen,
        key: bytes | None = None,
        relation: str = "caused",
        evidence: str = "header",
        confidence: float = 1.0,
        trace_id: str = "",
        headers: list[tuple[bytes, bytes | None]] | None = None,
        **more: Any,
    ) -> Seen:
        """Add an event with an edge from each of `causes`; its trace is that of its first cause unless given."""
        key = key if key is not None else (topic.encode() + str(len(self.events) % 7).encode())
        partition = sum(key) % self.partitions
        offset = self.next_offset.get((topic, partition), 0)
        self.next_offset[topic, partition] = offset + 1
        ref = EventRef(topic, partition, offset)
        trace_id = trace_id or (causes[0].trace_id if causes else sha256(str(ref).encode()).hexdigest()[:32])
        message_id = sha256(f"message {ref}".encode()).hexdigest()[:12]
        seen = Seen(ref, time, service, type_, trace_id)
        self.events.append(
            _event_row(seen, key, message_id, headers, self.now)
            | (_provenance(causes[0], relation) if relation != "caused" and causes else {})
            | more
        )
        why = f"id:{message_id}" if evidence != "inferred" else f"{service} usually writes {type_} for it"
        for cause in causes:
            self.edge(cause, seen, relation, evidence, confidence, why)
        return seen

    def edge(
        self, cause: Seen, effect: Seen, relation: str, evidence: str, confidence: float, name: str
    ) -> None:
        """Add one more edge between events of the story."""
        row: dict[str, Any] = {
            "relation": relation,
            "evidence": evidence,
            "confidence": confidence,
            "name": name,
        }
        for end, seen in (("cause", cause), ("effect", effect)):
            row |= {f"{end}_topic": seen.ref.topic, f"{end}_partition": seen.ref.partition}
            row |= {f"{end}_offset": seen.ref.offset, f"{end}_time": seen.time}
            row |= {f"{end}_service": seen.service, f"{end}_type": seen.type}
        self.edges.append(row | {"linked_time": self.now})

    def write(self, store: Store, token: str) -> None:
        """Insert everything collected; the same token twice changes nothing."""
        store.insert("events", table(self.events, arrow.EVENTS), token=f"{token}-events")
        store.insert("edges", table(self.edges, EDGES), token=f"{token}-edges")
        FindDeadLetters(store, load()).step(self.now)


def _provenance(origin: Seen, relation: str) -> dict[str, Any]:
    """Return what a copy says of its origin."""
    name = coordinates_name(*origin.ref)
    return {
        "origin": name,
        "reference_names": [name],
        "reference_relations": [relation],
        "reference_evidences": ["provenance"],
    }


def _event_row(
    seen: Seen, key: bytes, message_id: str, headers: list[tuple[bytes, bytes | None]] | None, now: datetime
) -> dict[str, Any]:
    span_id = sha256(f"span {seen.ref}".encode()).hexdigest()[:16]
    if headers is None:
        headers = [
            (b"traceparent", f"00-{seen.trace_id}-{span_id}-01".encode()),
            (b"ce_id", message_id.encode()),
            (b"ce_type", seen.type.encode()),
            (b"ce_source", seen.service.encode()),
        ]
    return {
        "topic": seen.ref.topic,
        "partition": seen.ref.partition,
        "offset": seen.ref.offset,
        "time": seen.time,
        "record_timestamp_ms": int(seen.time.timestamp() * 1000),
        "timestamp_type": "create",
        "observed_time": min(now, seen.time + timedelta(milliseconds=400)),
        "key": key,
        "value_size_bytes": 180 + len(seen.type) * 7,
        "header_names": [name for name, _ in headers],
        "header_values": [value for _, value in headers],
        "trace_id": seen.trace_id,
        "span_id": span_id,
        "trace_convention": "w3c",
        "message_id": message_id,
        "source": seen.service,
        "service": seen.service,
        "type": seen.type,
        "content_type": "application/json",
        "names": [f"id:{message_id}", coordinates_name(*seen.ref)],
    }


def table(rows: list[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    empty: dict[str, Any] = {"string": "", "bool": False, "uint64": 0, "int64": 0}
    columns = {
        column.name: pa.array(
            [
                row.get(column.name, [] if pa.types.is_list(column.type) else empty.get(str(column.type)))
                for row in rows
            ],
            column.type,
        )
        for column in schema
    }
    return pa.table(columns, schema=schema)
