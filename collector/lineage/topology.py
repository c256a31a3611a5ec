"""Services and topics, what runs between them in a span of time, and how that differs from another span.

Nodes are `topic:<name>` and `service:<name>`. Where the producing service is not on the wire, a topic is linked
to the next topic directly.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any, Literal

from collector.storage.api import Store

Row = Mapping[str, Any]


@dataclass(slots=True)
class Node:
    """A topic or a service with what passed through it in the window."""

    id: str
    kind: Literal["topic", "service"]
    name: str
    events: int = 0  # written to the topic, or by the service
    taken: int = 0  # records that a service took in and that led to something
    dead_letters: int = 0  # in the topic, or written by the service
    copies: int = 0  # retries and redrives
    p50_ms: float | None = None
    p95_ms: float | None = None
    last_event: str = ""


@dataclass(slots=True)
class Link:
    """A flow between two nodes; counts are edges, or events where a service starts a flow."""

    source: str
    target: str
    events: int = 0
    inferred: int = 0
    ambiguous: int = 0
    dead_letters: int = 0
    retries: int = 0
    linked: int = 0  # how many of the events rest on an edge
    p50_ms: float | None = None
    p95_ms: float | None = None
    evidences: set[str] = field(default_factory=set)

    @property
    def kind(self) -> str:
        """Return how the link is drawn: by what most of its edges rest on."""
        if self.linked and self.inferred * 2 >= self.linked:
            return "inferred"
        return "ambiguous" if self.linked and self.ambiguous * 2 >= self.linked else "caused"


@dataclass(slots=True)
class FlowMap:
    """The whole map. `hot` nodes and links lie on the way to a dead letter."""

    nodes: dict[str, Node] = field(default_factory=dict)
    links: dict[tuple[str, str], Link] = field(default_factory=dict)
    hot: set[str] = field(default_factory=set)
    hot_links: set[tuple[str, str]] = field(default_factory=set)

    def node(self, kind: Literal["topic", "service"], name: str) -> Node:
        """Return the node, made where it is new."""
        return self.nodes.setdefault(f"{kind}:{name}", Node(f"{kind}:{name}", kind, name))

    def link(self, source: Node, target: Node) -> Link:
        """Return the link, made where it is new."""
        return self.links.setdefault((source.id, target.id), Link(source.id, target.id))


def build_map(topics: Iterable[Row], edges: Sequence[Row], steps: Iterable[Row]) -> FlowMap:
    """Build the map from the rows of `flow_topics`, `flow_edges` and `flow_steps`."""
    flow = FlowMap()
    for row in topics:
        _add_writer(flow, row)
    taken = {(row["cause_topic"], row["effect_service"]): row for row in steps}
    for row in edges:
        _add_edge(flow, row, taken)
    _mark_failing(flow, edges)
    return flow


def _add_writer(flow: FlowMap, row: Row) -> None:
    topic = flow.node("topic", row["topic"])
    topic.events += row["events"]
    topic.dead_letters += row["dead_letters"]
    topic.copies += row["copies"]
    topic.last_event = f"{row['topic']}/{row['last_partition']}/{row['last_offset']}"
    if not row["service"]:
        return
    service = flow.node("service", row["service"])
    service.events += row["events"]
    service.dead_letters += row["dead_letters"]
    service.last_event = topic.last_event
    link = flow.link(service, topic)
    link.events += row["events"]
    link.dead_letters += row["dead_letters"]
    link.retries += row["copies"]


def _add_edge(flow: FlowMap, row: Row, taken: Mapping[tuple[str, str], Row]) -> None:
    cause, effect = flow.node("topic", row["cause_topic"]), flow.node("topic", row["effect_topic"])
    if not row["effect_service"]:
        if cause is effect:
            return
        link = flow.link(cause, effect)
        link.events += row["edges"]
        link.p50_ms, link.p95_ms = row["p50_ms"], row["p95_ms"]
        _add_evidence(link, row)
        return
    service = flow.node("service", row["effect_service"])
    total = taken.get(("", row["effect_service"]))
    if total:
        service.taken, service.p50_ms, service.p95_ms = total["records"], total["p50_ms"], total["p95_ms"]
    into = flow.link(cause, service)
    step = taken.get((row["cause_topic"], row["effect_service"]))
    if step:
        into.events, into.p50_ms, into.p95_ms = step["records"], step["p50_ms"], step["p95_ms"]
    _add_evidence(into, row)
    out = flow.link(service, effect)
    out.evidences |= set(row["evidences"])


def _add_evidence(link: Link, row: Row) -> None:
    link.linked += row["edges"]
    link.inferred += row["inferred"]
    link.ambiguous += row["ambiguous"]
    link.evidences |= set(row["evidences"])
    if row["relation"] == "dead_lettered":
        link.dead_letters += row["edges"]
    if row["relation"] == "retried":
        link.retries += row["edges"]


def _mark_failing(flow: FlowMap, edges: Sequence[Row]) -> None:
    """From each topic with dead letters back through retries to the topic and service that it began with."""
    into: dict[str, list[Row]] = {}
    for row in edges:
        if row["relation"] in ("dead_lettered", "retried"):
            into.setdefault(row["effect_topic"], []).append(row)
    pending = [node.name for node in flow.nodes.values() if node.kind == "topic" and node.dead_letters]
    flow.hot.update(f"topic:{name}" for name in pending)
    seen = set(pending)
    origins = set()
    while pending:
        topic = pending.pop()
        for row in into.get(topic, ()):
            cause = row["cause_topic"]
            _heat(flow, cause, row["effect_service"], topic)
            if cause not in seen:
                seen.add(cause)
                pending.append(cause)
        if topic not in into:
            origins.add(topic)
    for topic in origins:
        for source, target in flow.links:
            if target == f"topic:{topic}" and source.startswith("service:"):
                flow.hot.add(source)
                flow.hot_links.add((source, target))


def _heat(flow: FlowMap, cause: str, service: str, effect: str) -> None:
    stops = [f"topic:{cause}", *([f"service:{service}"] if service else []), f"topic:{effect}"]
    flow.hot.update(stops)
    flow.hot_links.update(pairwise(stops))


def failing_share(node: Node) -> float:
    """Return dead letters per record that a service took in (or wrote, where nothing links what it took in)."""
    return node.dead_letters / max(node.taken, node.dead_letters, 1)


def read_topology(store: Store, since: datetime, until: datetime) -> FlowMap:
    """Return the map of [since, until): what was written, and what it was caused by as far as it is known now."""
    span = {"since": since, "until": until}
    return build_map(
        store.query("flow_topics", span), store.query("flow_edges", span), store.query("flow_steps", span)
    )
