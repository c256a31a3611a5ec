"""`headwater linkability`: how well each service's events can be traced to their causes, and what to change."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from collector.commands.show import console, iso_ms, moment, opened_store, plain, print_json

if TYPE_CHECKING:
    from collector.lineage.linkability import Counts, Linkability


def linkability(
    since: Annotated[str, typer.Option(help="15m, 2h, 7d, or a date-time.")] = "24h",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document for programs.")] = False,
    store: Annotated[
        str | None, typer.Option(help="embedded:DIR or http(s)://user:password@host/database")
    ] = None,
) -> None:
    """Grade what each service writes to each topic by how much of it has a resolvable cause, with advice."""
    from collector.lineage.linkability import grade, read_linkability, together

    now = datetime.now(UTC)
    start = moment(since, now) or now
    with opened_store(store) as opened:
        found = read_linkability(opened, start, now)
    if as_json:
        grouped = {
            by: [
                {by: name or None, "grade": grade(counts), **_counts(counts)}
                for name, counts in sorted(together(found, by).items())
            ]
            for by in ("service", "topic")
        }
        streams = [document(one) for one in found]
        print_json({"since": iso_ms(start), "until": iso_ms(now), "streams": streams, **_plural(grouped)})
        return
    out = console()
    if not found:
        out.print(f"No event since {iso_ms(start)}.")
    for one in found:
        out.print(_line(one), soft_wrap=True)
        if one.advice:
            out.print(plain(f"     {one.advice.library}: {one.advice.change}"), style="dim", soft_wrap=True)


def _plural(grouped: dict[str, Any]) -> dict[str, Any]:
    return {"services": grouped["service"], "topics": grouped["topic"]}


def _counts(counts: "Counts") -> dict[str, Any]:
    return {
        "exact_share": counts.exact_share,
        "resolved_share": counts.resolved_share,
        "events": {name: getattr(counts, name) for name in counts.__slots__},
    }


def document(one: "Linkability") -> dict[str, Any]:
    """Return one stream as the JSON document that programs get."""
    return {
        "topic": one.topic,
        "service": one.service or None,
        "grade": one.grade,
        "role": one.role,
        "judged": one.judged,
        **_counts(one.counts),
        "exact_share_before": one.exact_before,
        "library": one.advice.library if one.advice else None,
        "advice": one.advice.change if one.advice else None,
        "code": one.advice.code if one.advice else None,
        "gain_events_per_day": round(one.gain_per_day, 1),
        "example": str(one.example),
    }


def _line(one: "Linkability") -> str:
    counts = one.counts
    where = f"{one.topic} by {one.service or 'a service that is not on the wire'}"
    if one.grade in ("start", "?"):
        events = counts.starts + counts.judged
        return plain(f"  -  {where}: {events:,} events, {one.role}: {one.judged}")
    said = [
        f"{number:,} {name}"
        for name, number in (
            ("exact", counts.exact),
            ("ambiguous", counts.ambiguous),
            ("inferred", counts.inferred),
            ("with a cause that was never seen", counts.orphans),
            ("without any", counts.nothing),
        )
        if number
    ]
    trend = "" if one.exact_before is None else f", {one.exact_before:.0%} in the span before"
    gain = (
        f"; {1 - (counts.exact_share or 0):.0%} of {counts.judged:,} could become exact, "
        f"{one.gain_per_day:,.0f} events a day"
        if one.gain_per_day
        else ""
    )
    return plain(
        f"  {one.grade}  {where}: {counts.exact_share or 0:.0%} exact{trend} ({', '.join(said)}){gain}"
    )
