"""From counted edges and events to the flow map: topics, services, and what runs between them. Pure.

Nodes are `topic:<name>` and `service:<name>`. Where the producing service is not on the wire, a topic is linked
to the next topic directly.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import log10
from typing import Any, Literal

from dashboard.layout import Grid, place
from dashboard.looks import UNKNOWN_COLOUR, service_colour
from dashboard.text import count, duration, many, rate, visible

Row = Mapping[str, Any]
GRID = Grid()
NODES_MAX = 400  # more is a hairball: the busiest and the failing are drawn, and how many are not is said


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


def around(flow: FlowMap, node_id: str, steps: int = 2) -> set[str]:
    """Return the ids within `steps` links of a node, upstream and downstream."""
    near = {node_id}
    for neighbours in (_neighbours(flow, forward=True), _neighbours(flow, forward=False)):
        frontier = {node_id}
        for _ in range(steps):
            frontier = {other for id_ in frontier for other in neighbours.get(id_, ())} - near
            near |= frontier
    return near


def _neighbours(flow: FlowMap, *, forward: bool) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for source, target in flow.links:
        start, end = (source, target) if forward else (target, source)
        found.setdefault(start, []).append(end)
    return found


def flow_data(
    flow: FlowMap,
    *,
    window_s: int,
    graph_id: str,
    scope: str,
    height: int,
    only: Collection[str] | None = None,
) -> dict[str, Any]:
    """Return GraphData (dashboard/component/assets/graph.js) for the nodes in `only`, or for all."""
    wanted = [id_ for id_ in _steady_order(flow) if only is None or id_ in only]
    busiest = sorted(wanted, key=lambda id_: (id_ not in flow.hot, -flow.nodes[id_].events))
    drawn = set(busiest[:NODES_MAX])
    ids = [id_ for id_ in wanted if id_ in drawn]
    shown = [link for link in flow.links.values() if link.source in drawn and link.target in drawn]
    pairs = [(link.source, link.target) for link in shown]
    weights = {(link.source, link.target): _weight(flow, link) for link in shown}
    placed = place(ids, pairs, strong=flow.hot, weights=weights, grid=GRID)
    nodes = [
        _card(flow.nodes[id_], window_s)
        | {
            "x": placed.corners[id_][0],
            "y": placed.corners[id_][1],
            "w": GRID.card_width,
            "h": GRID.card_height,
        }
        | {"hot": id_ in flow.hot}
        for id_ in ids
    ]
    edges = [
        _line(link, window_s)
        | {"hot": (link.source, link.target) in flow.hot_links}
        | {"points": placed.routes.get((link.source, link.target), [])}
        for link in shown
    ]
    return {
        "id": graph_id,
        "scope": scope,
        "label": f"Flow map of {len(nodes)} topics and services. Arrow keys move along it.",
        "height": height,
        "zoom": 0.7,
        "nodes": nodes,
        "edges": edges,
        "legend": _legend(flow, shown),
    }


def _weight(flow: FlowMap, link: Link) -> float:
    """Return how much a link decides what is left and right: what comes after a failure, or is a guess, little."""
    source = flow.nodes[link.source]
    aside = source.kind == "topic" and (source.dead_letters > 0 or source.copies * 2 > source.events)
    return 1.0 if link.kind == "caused" and not aside else 0.05


def _steady_order(flow: FlowMap) -> list[str]:
    """Order that does not depend on counts, so that the layout stays the same while numbers change."""
    return sorted(flow.nodes, key=lambda id_: (id_.partition(":")[2], id_))


def _card(node: Node, window_s: int) -> dict[str, Any]:
    per_minute = rate(node.events * 60 / window_s)
    title = visible(node.name, 120)
    lines = [
        f"{'Topic' if node.kind == 'topic' else 'Service'} {title}",
        f"{many(node.events, 'event')}, {per_minute}",
    ]
    status, badge = "ok", ""
    if node.kind == "topic":
        sub = per_minute
        if node.dead_letters:
            share = node.dead_letters / max(1, node.events)
            status, badge = "dead", "DEAD LETTERS"
            sub = f"{count(node.dead_letters)} dead · {per_minute}"
            lines.append(f"{many(node.dead_letters, 'dead letter')}, {share:.0%} of the topic")
        elif node.copies * 2 > node.events:
            status, badge = "retry", "RETRIES"
            lines.append(f"{count(node.copies)} of them are retries or redrives")
    else:
        sub = per_minute + (f" · p50 {duration(node.p50_ms)}" if node.p50_ms is not None else "")
        if node.p50_ms is not None and node.p95_ms is not None:
            lines.append(f"From cause to effect: p50 {duration(node.p50_ms)}, p95 {duration(node.p95_ms)}")
        if node.dead_letters:
            share = failing_share(node)
            status, badge = "retry", f"FAILS {share:.1%}"
            lines.append(
                f"{many(node.dead_letters, 'dead letter')} for {many(node.taken, 'record')} taken in"
            )
    return {
        "id": node.id,
        "kind": node.kind,
        "title": title,
        "sub": sub,
        "badge": badge,
        "status": status,
        "urgency": node.dead_letters,
        "colour": service_colour(node.name) if node.kind == "service" else UNKNOWN_COLOUR,
        "tip": "\n".join(lines),
    }


def failing_share(node: Node) -> float:
    """Return dead letters per record that a service took in (or wrote, where nothing links what it took in)."""
    return node.dead_letters / max(node.taken, node.dead_letters, 1)


def _line(link: Link, window_s: int) -> dict[str, Any]:
    per_minute = link.events * 60 / window_s
    lines = [
        f"{visible(link.source.partition(':')[2], 60)} → {visible(link.target.partition(':')[2], 60)}",
        f"{many(link.events, 'event')}, {rate(per_minute)}",
    ]
    if link.p50_ms is not None and link.p95_ms is not None:
        lines.append(f"p50 {duration(link.p50_ms)}, p95 {duration(link.p95_ms)}")
    if link.dead_letters:
        lines.append(f"{many(link.dead_letters, 'dead letter')}")
    if link.evidences:
        lines.append(f"Evidence: {', '.join(sorted(link.evidences))}")
    if link.linked and (link.inferred or link.ambiguous):
        lines.append(
            f"{link.inferred / link.linked:.0%} inferred, {link.ambiguous / link.linked:.0%} ambiguous"
        )
    if link.source.startswith("topic:") and link.target.startswith("topic:"):
        lines.append("The service between them is not on the wire")
    return {
        "from": link.source,
        "to": link.target,
        "kind": link.kind,
        "label": "",
        "width": round(1 + log10(1 + per_minute) * 0.9, 2),
        "tip": "\n".join(lines),
    }


def _legend(flow: FlowMap, shown: Sequence[Link]) -> list[dict[str, str]]:
    kinds = {link.kind for link in shown}
    entries = [
        (True, "topic", "topic"),
        (any(node.kind == "service" for node in flow.nodes.values()), "service", "service"),
        (True, "caused", "flow, wider = more"),
        ("inferred" in kinds, "inferred", "mostly inferred"),
        ("ambiguous" in kinds, "ambiguous", "mostly ambiguous"),
        (bool(flow.hot_links), "hot", "way to dead letters"),
    ]
    return [{"kind": kind, "text": text} for wanted, kind, text in entries if wanted]
