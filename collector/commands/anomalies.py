"""`headwater anomalies`: what happens too often, twice, in the wrong order, in circles, or without a known cause."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from collector.commands.show import console, iso_ms, moment, opened_store, plain, print_json

if TYPE_CHECKING:
    from collector.detect.anomalies import Anomaly


def anomalies(
    since: Annotated[str, typer.Option(help="15m, 2h, 7d, or a date-time.")] = "1h",
    until: Annotated[str | None, typer.Option(help="Up to then; now where nothing is given.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document for programs.")] = False,
    store: Annotated[
        str | None, typer.Option(help="embedded:DIR or http(s)://user:password@host/database")
    ] = None,
) -> None:
    """Count retries, duplicates, double effects, order violations, loops, orphans and broken contexts."""
    from collector.detect.anomalies import find_anomalies

    now = datetime.now(UTC)
    start, end = moment(since, now) or now, moment(until, now) or now
    with opened_store(store) as opened:
        found = find_anomalies(opened, start, end)
    if as_json:
        print_json(
            {"since": iso_ms(start), "until": iso_ms(end), "anomalies": [document(one) for one in found]}
        )
        return
    out = console()
    if not found:
        out.print(f"No anomaly among the events from {iso_ms(start)} to {iso_ms(end)}.")
    for one in found:
        out.print(_line(one), style="bold" if one.unusual else "", soft_wrap=True)


def document(one: "Anomaly") -> dict[str, Any]:
    """Return an anomaly as the JSON document that programs get."""
    return {
        "kind": one.kind,
        "topic": one.topic,
        "service": one.service or None,
        "found": one.found,
        "total": one.total or None,
        "usual": None if one.usual is None else round(one.usual, 3),
        "unusual": one.unusual,
        "worst": one.worst or None,
        "other": one.other or None,
        "first_time": iso_ms(one.first_time),
        "last_time": iso_ms(one.last_time),
        "note": one.note or None,
        "examples": [str(ref) for ref in one.examples],
    }


def _line(one: "Anomaly") -> str:
    usual = "no history" if one.usual is None else f"usually {one.usual:,.1f}"
    of = f" of {one.total:,}" if one.total else ""
    where = f"{one.topic} by {one.service or 'a service that is not on the wire'}"
    other = f" ({one.other})" if one.other else ""
    note = f"; {one.note}" if one.note else ""
    example = f"  e.g. {one.examples[0]}" if one.examples else ""
    mark = "! " if one.unusual else "  "
    kind = one.kind.replace("_", " ")
    return plain(f"{mark}{kind}: {one.found:,}{of} on {where}{other}, {usual}{note}{example}")
