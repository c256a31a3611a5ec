"""`headwater topology`: services and topics with what runs between them, now or then, and what changed."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from collector.commands.show import console, iso_ms, moment, opened_store, plain, print_json
from collector.errors import SettingsError

if TYPE_CHECKING:
    from collector.lineage.topology import FlowMap, Link, Node
    from collector.lineage.topology_changes import Difference, Numbers


def topology(
    since: Annotated[str, typer.Option(help="15m, 2h, 7d, or a date-time.")] = "1h",
    until: Annotated[str | None, typer.Option(help="Up to then; now where nothing is given.")] = None,
    against: Annotated[
        str | None, typer.Option(help="Begin of an earlier span of the same length: what changed since then.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document for programs.")] = False,
    store: Annotated[
        str | None, typer.Option(help="embedded:DIR or http(s)://user:password@host/database")
    ] = None,
) -> None:
    """Show rate, latency and failing share of services, topics and links in a span of time."""
    from collector.lineage.topology import read_topology
    from collector.lineage.topology_changes import compare

    now = datetime.now(UTC)
    start, end = moment(since, now) or now, moment(until, now) or now
    earlier = moment(against, now)
    length = end - start
    if length.total_seconds() <= 0:
        raise SettingsError("The span is empty: --since has to be before --until.")
    changes: list[Difference] = []
    with opened_store(store) as opened:
        flow = read_topology(opened, start, end)
        if earlier is not None:
            before = read_topology(opened, earlier, earlier + length)
            changes = compare(before, length.total_seconds(), flow, length.total_seconds())
    if as_json:
        found = document(flow, length.total_seconds())
        span = {"since": iso_ms(start), "until": iso_ms(end)}
        told = (
            {"against": iso_ms(earlier), "changes": [change_document(one) for one in changes]}
            if earlier
            else {}
        )
        print_json({**span, **found, **told})
    else:
        _print(flow, length.total_seconds(), changes, compared=earlier is not None)


def document(flow: "FlowMap", window_s: float) -> dict[str, Any]:
    """Return the map as JSON."""
    return {
        "nodes": [_node(node, window_s) for node in flow.nodes.values()],
        "links": [_link(link, window_s) for link in flow.links.values()],
    }


def _node(node: "Node", window_s: float) -> dict[str, Any]:
    from collector.lineage.topology import failing_share

    share = failing_share(node) if node.kind == "service" else node.dead_letters / max(1, node.events)
    return {
        "id": node.id,
        "kind": node.kind,
        "name": node.name,
        "events": node.events,
        "per_minute": round(node.events * 60 / window_s, 4),
        "taken_in": node.taken if node.kind == "service" else None,
        "dead_letters": node.dead_letters,
        "failing_share": round(share, 6),
        "p50_ms": node.p50_ms,
        "p95_ms": node.p95_ms,
        "newest": node.last_event or None,
    }


def _link(link: "Link", window_s: float) -> dict[str, Any]:
    return {
        "from": link.source,
        "to": link.target,
        "events": link.events,
        "per_minute": round(link.events * 60 / window_s, 4),
        "p50_ms": link.p50_ms,
        "p95_ms": link.p95_ms,
        "dead_letters": link.dead_letters,
        "retries": link.retries,
        "inferred": link.inferred,
        "ambiguous": link.ambiguous,
        "evidences": sorted(link.evidences),
    }


def change_document(one: "Difference") -> dict[str, Any]:
    """Return what changed at one node or link as JSON."""
    return {
        "what": one.what,
        "kind": one.kind,
        "name": one.name,
        "from": one.source or None,
        "to": one.target,
        "said": list(one.said),
        "before": _numbers(one.before),
        "after": _numbers(one.after),
    }


def _numbers(numbers: "Numbers | None") -> dict[str, Any] | None:
    if numbers is None:
        return None
    return {
        "events": numbers.events,
        "per_minute": numbers.per_minute,
        "p95_ms": numbers.p95_ms,
        "failing_share": numbers.error_share,
    }


def _print(flow: "FlowMap", window_s: float, changes: list["Difference"], *, compared: bool) -> None:
    from collector.words import duration, rate

    out = console()
    if compared:
        if not changes:
            out.print("Nothing runs otherwise.")
        for one in changes:
            out.print(
                plain(f"  {one.mark:<12} {one.kind:<8} {one.name}: {' '.join(one.said)}"), soft_wrap=True
            )
        return
    if not flow.nodes:
        out.print("No event in that time.")
    for link in sorted(flow.links.values(), key=lambda link: -link.events):
        latency = (
            "" if link.p95_ms is None else f", p50 {duration(link.p50_ms or 0)}, p95 {duration(link.p95_ms)}"
        )
        dead = f", {link.dead_letters:,} dead letters" if link.dead_letters else ""
        ends = f"{link.source.partition(':')[2]} -> {link.target.partition(':')[2]}"
        out.print(plain(f"  {ends}: {rate(link.events * 60 / window_s)}{latency}{dead}"), soft_wrap=True)
