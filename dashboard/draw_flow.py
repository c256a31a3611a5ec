"""From topics, services and what runs between them to the picture of the flow map. Pure."""

from collections.abc import Collection, Mapping, Sequence
from math import log10
from typing import Any

from collector.lineage.topology import FlowMap, Link, Node, failing_share
from collector.lineage.topology_changes import Difference
from dashboard.layout import Grid, place
from dashboard.looks import UNKNOWN_COLOUR, service_colour
from dashboard.text import count, duration, many, rate, visible

GRID = Grid()
NODES_MAX = 400  # more is a hairball: the busiest and the failing are drawn, and how many are not is said


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
    changed: Mapping[str, Difference] | None = None,
) -> dict[str, Any]:
    """Return GraphData (dashboard/component/assets/graph.js) for the nodes in `only`, or for all.

    `changed` names what differs from another span (see topology_changes.key_of): it is marked.
    """
    changed = changed or {}
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
        | _changed_card(changed.get(id_))
        | {
            "x": placed.corners[id_][0],
            "y": placed.corners[id_][1],
            "w": GRID.card_width,
            "h": GRID.card_height,
        }
        | {"hot": id_ in flow.hot and not changed}
        for id_ in ids
    ]
    edges = [
        _line(link, window_s)
        | _changed_line(changed.get(f"{link.source} {link.target}"), plain=_comes_or_goes(link, changed))
        | {"hot": (link.source, link.target) in flow.hot_links and not changed}
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
        "legend": _legend(flow, shown, changed),
    }


def _changed_card(difference: Difference | None) -> dict[str, Any]:
    if difference is None:
        return {}
    return {
        "badge": difference.mark.upper(),
        "status": {"new": "fresh", "gone": "gone"}.get(difference.what, "retry"),
        "tip": "\n".join((visible(difference.name, 120), *difference.said)),
    }


def _comes_or_goes(link: Link, changed: Mapping[str, Difference]) -> bool:
    """Tell whether an end of the link is new or gone: then that is marked there, and once is enough."""
    ends = [changed.get(id_) for id_ in (link.source, link.target)]
    return any(end is not None and end.what != "changed" for end in ends)


def _changed_line(difference: Difference | None, *, plain: bool) -> dict[str, Any]:
    if difference is None:
        return {}
    return {
        "kind": {"new": "fresh", "gone": "gone"}.get(difference.what, "altered"),
        "label": "" if plain else difference.mark,
        "tip": "\n".join((visible(difference.name, 160), *difference.said)),
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


def _legend(flow: FlowMap, shown: Sequence[Link], changed: Mapping[str, Difference]) -> list[dict[str, str]]:
    kinds = {link.kind for link in shown}
    entries = [
        (True, "topic", "topic"),
        (any(node.kind == "service" for node in flow.nodes.values()), "service", "service"),
        (True, "caused", "flow, wider = more"),
        ("inferred" in kinds, "inferred", "mostly inferred"),
        ("ambiguous" in kinds, "ambiguous", "mostly ambiguous"),
        (bool(flow.hot_links) and not changed, "hot", "way to dead letters"),
        (any(one.what == "new" for one in changed.values()), "fresh", "new"),
        (any(one.what == "gone" for one in changed.values()), "gone", "vanished"),
        (any(one.what == "changed" for one in changed.values()), "altered", "changed"),
    ]
    return [{"kind": kind, "text": text} for wanted, kind, text in entries if wanted]
