"""`headwater blast`: where an event's trouble started, and everything that it touched."""

import csv
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from collector.commands.show import console, iso_ms, opened_store, plain, print_json
from collector.errors import HeadwaterError, SettingsError

if TYPE_CHECKING:
    from collector.lineage.blast import Started, Touched

EVENTS_MAX = 100_000
_NAMES_SHOWN = 10
CSV_COLUMNS = (
    "event", "topic", "partition", "offset", "time", "service", "type", "key", "hops", "cause", "relation",
    "evidence", "confidence", "dead_letter",
)  # fmt: skip


def blast(
    ref: Annotated[
        str, typer.Argument(help="topic/partition/offset, a trace id, a message id or a business key.")
    ],
    here: Annotated[
        bool, typer.Option("--from-here", help="Count from this event on, not from where trouble started.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document for programs.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="One line per event that was touched.")] = False,
    store: Annotated[
        str | None, typer.Option(help="embedded:DIR or http(s)://user:password@host/database")
    ] = None,
) -> None:
    """Show the first anomaly above an event and all services, topics, keys and dead letters below it."""
    from collector.lineage.blast import find_start, touched
    from collector.lineage.cascade import read_cascade, resolve

    if as_json and as_csv:
        raise SettingsError("Choose one of --json and --csv.")
    with opened_store(store) as opened:
        found = resolve(opened, ref)
        if found is None:
            raise HeadwaterError(
                f"No stored event is called {plain(ref)!r}. `headwater search` finds parts of names."
            )
        asked = found.refs[0]
        read = read_cascade(opened, [asked], events_max=EVENTS_MAX)
        started = find_start(opened, read, asked)
    reach = touched(read, asked if here else started.origin)
    if as_csv:
        _write_csv(reach)
    elif as_json:
        print_json({**start_document(started), **reach_document(reach)})
    else:
        _print(started, reach)


def start_document(started: "Started") -> dict[str, Any]:
    """Return where it started as JSON."""
    sign = started.sign
    return {
        "asked": str(started.asked),
        "started_at": str(started.origin),
        "started_time": iso_ms(started.time),
        "first_anomaly": sign
        and {
            "kind": sign.kind,
            "event": str(sign.event),
            "service": sign.service or None,
            "detail": sign.detail or None,
        },
        "changes_before": [
            {
                "kind": change.kind,
                "time": iso_ms(change.time),
                "service": change.service or None,
                "topic": change.topic or None,
                "text": change.text,
            }
            for change in started.changes
        ],
        "cause_never_seen": started.unknown,
        "over_inferred_edges": started.guessed,
    }


def reach_document(reach: "Touched") -> dict[str, Any]:
    """Return what was touched as JSON: numbers and the list."""
    return {
        "touched": {
            "events": len(reach.events),
            "services": reach.services,
            "topics": reach.topics,
            "keys": reach.keys,
            "dead_letters": [str(ref) for ref in reach.dead_letters],
            "over_inferred_edges": reach.guessed,
            "truncated": reach.truncated,
        },
        "events": rows(reach),
    }


def rows(reach: "Touched") -> list[dict[str, Any]]:
    """Return one row per event that was touched; the keys are CSV_COLUMNS."""
    return [
        {
            "event": str(touch.event.ref),
            "topic": touch.event.ref.topic,
            "partition": touch.event.ref.partition,
            "offset": touch.event.ref.offset,
            "time": iso_ms(touch.event.time),
            "service": touch.event.service or None,
            "type": touch.event.type or None,
            "key": touch.event.key,
            "hops": touch.hops,
            "cause": str(touch.edge.cause) if touch.edge else None,
            "relation": touch.edge.relation if touch.edge else None,
            "evidence": touch.edge.evidence if touch.edge else None,
            "confidence": touch.edge.confidence if touch.edge else None,
            "dead_letter": touch.event.dead_letter,
        }
        for touch in reach.events
    ]


def _write_csv(reach: "Touched") -> None:
    writer = csv.DictWriter(sys.stdout, CSV_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows(reach))


def _print(started: "Started", reach: "Touched") -> None:
    out = console()
    out.print(plain(_start_line(started)), style="bold", soft_wrap=True)
    for change in started.changes:
        where = change.service or change.topic
        out.print(
            plain(f"  before it, {iso_ms(change.time)}: {change.kind} of {where}: {change.text}"),
            soft_wrap=True,
        )
    if started.unknown:
        out.print(
            "  On the way up is an event whose cause was never seen: it may have begun further up.",
            style="yellow",
        )
    out.print(
        f"It touched {len(reach.events):,} events, {len(reach.services):,} services, {len(reach.topics):,} topics, "
        f"{len(reach.keys):,} keys, {len(reach.dead_letters):,} dead letters"
        + (f"; {reach.guessed:,} events over inferred edges" if reach.guessed else "")
        + ("; there is more behind the limit" if reach.truncated else "")
    )
    for title, counts in (("services", reach.services), ("topics", reach.topics), ("keys", reach.keys)):
        if counts:
            shown = [f"{name} ({number:,})" for name, number in list(counts.items())[:_NAMES_SHOWN]]
            more = f" and {len(counts) - _NAMES_SHOWN:,} more" if len(counts) > _NAMES_SHOWN else ""
            out.print(plain(f"  {title}: {', '.join(shown)}{more}"), soft_wrap=True)
    for ref in reach.dead_letters[:_NAMES_SHOWN]:
        out.print(plain(f"  dead letter: {ref}"), style="red", soft_wrap=True)


def _start_line(started: "Started") -> str:
    sign = started.sign
    if sign is None:
        return f"Nothing odd on the way up from {started.asked}: counted from there."
    by = f" at {sign.service}" if sign.service else ""
    detail = f": {sign.detail}" if sign.detail else ""
    return f"It started with {started.origin} ({iso_ms(started.time)}): {sign.kind}{by}{detail}"
