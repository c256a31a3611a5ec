"""`headwater cascade`: what caused an event and what it caused, as a tree."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from collector.commands.show import console, iso_ms, opened_store, plain, print_json
from collector.errors import HeadwaterError, SettingsError

if TYPE_CHECKING:
    from datetime import datetime

    from rich.text import Text
    from rich.tree import Tree

    from collector.lineage.cascade import Cascade, Direction
    from collector.lineage.find_events import Found
    from schemas.records import Edge, Event, EventRef

_SHOWN_MAX = 500
_READ_MAX = 10_000
_EXPORTED_MAX = 100_000


def cascade(
    ref: Annotated[
        str, typer.Argument(help="topic/partition/offset, a trace id, a message id or a business key.")
    ],
    up: Annotated[bool, typer.Option("--up", help="Only what led to it.")] = False,
    down: Annotated[bool, typer.Option("--down", help="Only what followed from it.")] = False,
    depth: Annotated[int, typer.Option(min=1, help="Hops at most in either direction.")] = 1_000,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document for programs.")] = False,
    otlp: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write it as OTLP spans (JSON), one trace, for Jaeger or Tempo."),
    ] = None,
    store: Annotated[
        str | None, typer.Option(help="embedded:DIR or http(s)://user:password@host/database")
    ] = None,
) -> None:
    """Show the cascade around an event: causes above effects, with the evidence of each step."""
    from collector.lineage.cascade import read_cascade, resolve

    direction: Direction = "both" if up == down else "up" if up else "down"
    with opened_store(store) as opened:
        found = resolve(opened, ref)
        if found is None:
            raise HeadwaterError(
                f"No stored event is called {plain(ref)!r}. Give topic/partition/offset, a trace id, a message id "
                "or a business key; `headwater search` finds parts of names. If the event is new, the collector "
                "may not have read it yet."
            )
        most = _EXPORTED_MAX if otlp else _READ_MAX
        read = read_cascade(opened, found.refs, direction=direction, depth_max=depth, events_max=most)
    if otlp:
        _write_otlp(read, ref, otlp)
    elif as_json:
        print_json(as_document(read))
    else:
        _print(read, found)


def _write_otlp(read: "Cascade", ref: str, file: Path) -> None:
    import msgspec

    from collector.lineage.otlp import otlp_document

    try:
        file.write_bytes(msgspec.json.encode(otlp_document(read, ref)))
    except OSError as error:
        raise SettingsError(f"{plain(file)} cannot be written: {error.strerror}.") from None
    typer.echo(
        f"{len(read.events):,} events as spans of one trace in {plain(file)}. To send them: curl -H 'Content-Type: "
        f"application/json' --data-binary @{plain(file)} http://HOST:4318/v1/traces"
    )
    if read.truncated:
        typer.echo("The cascade goes on behind the limits that were given.")


def as_document(read: "Cascade") -> dict[str, Any]:
    """Return the cascade as the JSON document that the README describes."""
    return {
        "focus": str(read.focus) if read.focus else None,
        "roots": [str(ref) for ref in read.roots],
        "truncated": read.truncated,
        "events": [_event_document(event) for event in read.events.values()],
        "edges": [_edge_document(edge) for edge in read.edges],
        "critical_path": [str(ref) for ref in read.critical_path],
        "orphans": [str(ref) for ref in read.orphans],
    }


def _event_document(event: "Event") -> dict[str, Any]:
    return {
        "event": str(event.ref),
        "topic": event.ref.topic,
        "partition": event.ref.partition,
        "offset": event.ref.offset,
        "time": iso_ms(event.time),
        "type": event.type or None,
        "source": event.source or None,
        "service": event.service or None,
        "key": event.key,
        "message_id": event.message_id or None,
        "trace_id": event.trace_id or None,
        "dead_letter": event.dead_letter,
    }


def _edge_document(edge: "Edge") -> dict[str, Any]:
    return {
        "cause": str(edge.cause),
        "effect": str(edge.effect),
        "relation": edge.relation,
        "evidence": edge.evidence,
        "confidence": edge.confidence,
        "latency_ms": edge.latency_ms,
    }


def _print(read: "Cascade", found: "Found") -> None:
    out = console()
    out.print(_headline(read, found))
    shown: set[EventRef] = set()
    for root in read.roots:
        if len(shown) < _SHOWN_MAX:
            out.print(_tree(read, root, shown), soft_wrap=True)
    if len(shown) < len(read.events):
        out.print(f"… and {len(read.events) - len(shown):,} events more; --json has them all.", style="dim")
    if read.truncated:
        out.print("The cascade goes on behind the limits that were given.", style="yellow")


def _headline(read: "Cascade", found: "Found") -> str:
    times = [event.time for event in read.events.values()]
    lasted_s = (max(times) - min(times)).total_seconds() if times else 0.0
    dead = sum(event.dead_letter for event in read.events.values())
    parts = [
        f"found by {found.found_by}",
        f"{len(read.events):,} events",
        f"{len(read.roots):,} root{'s' if len(read.roots) != 1 else ''}",
        f"{lasted_s:.3f} s",
        f"depth {max(read.depths.values(), default=0)}",
    ]
    if dead:
        parts.append(f"{dead:,} dead letter{'s' if dead != 1 else ''}")
    if read.orphans:
        parts.append(f"{len(read.orphans):,} with a cause that was never seen")
    return " · ".join(parts)


def _tree(read: "Cascade", root: "EventRef", shown: set["EventRef"]) -> "Tree":
    """Draw what is below `root`; an event with several causes is drawn below the one that came last."""
    from rich.tree import Tree

    start = read.events[root].time
    tree = Tree(_line(read, root, None, start))
    shown.add(root)
    pending = [(root, tree)]
    while pending and len(shown) < _SHOWN_MAX:
        cause, branch = pending.pop()
        below = []
        for effect in sorted(read.graph.successors(cause), key=lambda ref: (read.events[ref].time, ref)):
            if effect not in shown and _drawn_below(read, effect) == cause:
                shown.add(effect)
                below.append((effect, branch.add(_line(read, effect, cause, start))))
        pending.extend(reversed(below))
    return tree


def _drawn_below(read: "Cascade", effect: "EventRef") -> "EventRef":
    return max(
        read.graph.predecessors(effect), key=lambda ref: (read.depths[ref], read.events[ref].time, ref)
    )


def _line(read: "Cascade", ref: "EventRef", cause: "EventRef | None", start: "datetime") -> "Text":
    from rich.text import Text

    event = read.events[ref]
    line = Text()
    line.append("▶ " if ref == read.focus else "", "bold cyan")
    line.append(plain(event.type or ref.topic), "bold red" if event.dead_letter else "bold")
    line.append(f"  {plain(ref)}", "cyan")
    line.append(
        f"  {plain(event.service) if event.service else 'service unknown'}", "" if event.service else "dim"
    )
    line.append(f"  +{(event.time - start).total_seconds():.3f} s", "dim")
    if event.dead_letter:
        line.append("  DEAD LETTER", "bold red")
    if cause is not None:
        _append_evidence(line, read.graph.edges[cause, ref]["edge"])
        for other in sorted(set(read.graph.predecessors(ref)) - {cause}):
            line.append(f"  and from {plain(other)}", "dim")
            _append_evidence(line, read.graph.edges[other, ref]["edge"])
    if ref in read.orphans:
        line.append("  says it was caused by an event that was never seen", "yellow")
    return line


def _append_evidence(line: "Text", edge: "Edge") -> None:
    how = (
        edge.evidence if edge.relation == "caused" else f"{edge.relation.replace('_', ' ')}, {edge.evidence}"
    )
    if edge.confidence >= 1:
        line.append(f"  [{how}]", "dim")
    else:
        line.append(f"  [{how} {edge.confidence:.0%}]", "yellow")
