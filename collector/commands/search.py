"""`headwater search`: events by a part of what they carry."""

from typing import Annotated

import typer

from collector.commands.show import console, iso_ms, opened_store, plain, print_json


def search(
    text: Annotated[str, typer.Argument(help="An id, a key, or part of a topic, type, service or key.")],
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Events at most, newest first.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document for programs.")] = False,
    store: Annotated[
        str | None, typer.Option(help="embedded:DIR or http(s)://user:password@host/database")
    ] = None,
) -> None:
    """Find events; `headwater cascade` shows what became of one."""
    from collector.lineage.cascade import read_events
    from collector.lineage.find_events import resolve
    from schemas.records import EventRef

    with opened_store(store) as opened:
        found = resolve(opened, text, events_max=limit)
        if found is None:
            rows = opened.query("search_text", {"text": text, "events_max": limit})
            refs = [EventRef.of(row) for row in rows]
        else:
            refs = list(found.refs)
        events = sorted(read_events(opened, refs).values(), key=lambda event: event.time, reverse=True)
    if as_json:
        print_json(
            [
                {
                    "event": str(event.ref),
                    "time": iso_ms(event.time),
                    "type": event.type or None,
                    "service": event.service or None,
                    "key": event.key,
                    "message_id": event.message_id or None,
                    "trace_id": event.trace_id or None,
                    "dead_letter": event.dead_letter,
                }
                for event in events
            ]
        )
        return
    out = console()
    if not events:
        out.print(f"Nothing stored carries {plain(text)!r}, whole or in part.")
    for event in events:
        mark = "  DEAD LETTER" if event.dead_letter else ""
        about = f"{event.type or event.ref.topic}  {event.service or 'service unknown'}  key {event.key or 'none'}"
        out.print(plain(f"{iso_ms(event.time)}  {event.ref}  {about}{mark}"), soft_wrap=True)
