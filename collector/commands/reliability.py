"""`headwater reliability`: how fast incidents are noticed and over, how often changes fail, and is it better?"""

from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from collector.commands.show import console, opened_store, plain, print_json
from collector.errors import SettingsError

if TYPE_CHECKING:
    from collector.report.figures import Line
    from collector.report.objectives import Kept
    from collector.report.reliability import Part, Reliability


class By(StrEnum):
    """By what figures may be told apart."""

    FLOW = "flow"
    TOPIC = "topic"
    TEAM = "team"
    SERVICE = "service"


def reliability(
    first: Annotated[
        str | None, typer.Option("--from", help="First day, e.g. 2026-11-01; else the last 28 days.")
    ] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last day; today where nothing is given.")] = None,
    by: Annotated[By | None, typer.Option(help="The same for each of these that had an incident.")] = None,
    zone: Annotated[str, typer.Option(help="Time zone in which days begin, e.g. Europe/Berlin.")] = "UTC",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document for programs.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="One line of CSV per figure.")] = False,
    store: Annotated[
        str | None, typer.Option(help="embedded:DIR or http(s)://user:password@host/database")
    ] = None,
) -> None:
    """Show MTTD, MTTA, MTTR, deployments and their failures, drift and error budgets beside the time before."""
    from collector import settings as settings_module
    from collector.report.period import days_between, zone_of
    from collector.report.reliability import csv_text, document, read_reliability

    if as_json and as_csv:
        raise SettingsError("Give --json or --csv, not both.")
    now = datetime.now(UTC)
    period = days_between(first, last, now, zone_of(zone))
    settings = settings_module.load(store=store)
    with opened_store(store) as opened:
        found = read_reliability(
            opened,
            period,
            now,
            by=by.value if by else None,
            flows=settings.flows,
            teams=settings.teams,
            objectives=settings.slos,
        )
    if as_json:
        print_json(document(found))
    elif as_csv:
        print(csv_text(found), end="")
    else:
        _print(found)


def _print(found: "Reliability") -> None:
    from collector.report.words import VERDICTS_NOTE, period_text, watched_text

    out = console()
    head = f"Reliability, {period_text(found.period)}, beside the {found.period.days} days before"
    out.print(head, style="bold", soft_wrap=True)
    if not found.everything.now.originals and not found.everything.now.incidents:
        out.print(
            "No data: no record was seen in this time. `headwater doctor` says whether anything is read."
        )
        return
    if note := watched_text(found.everything.now):
        out.print(note, soft_wrap=True)
    if found.facts.cut:
        out.print("There are more incidents than are counted here: choose a shorter time.", soft_wrap=True)
    _print_part(found.everything, explained=True)
    for part in found.parts:
        out.print()
        out.print(plain(f"{part.key}: {part.name}"), style="bold", soft_wrap=True)
        _print_part(part, explained=False)
    for one in found.kept:
        out.print(plain(_kept(one)), soft_wrap=True)
    out.print(VERDICTS_NOTE, style="dim", soft_wrap=True)


def _print_part(part: "Part", *, explained: bool) -> None:
    from collector.words import many

    out = console()
    now = part.now
    said = [f"{many(len(now.incidents), 'incident')} began"]
    said += [f"{len(now.still_open):,} not over"] if now.still_open else []
    said += [f"{now.backfilled:,} found in history"] if now.backfilled else []
    said += [f"{now.folded:,} more follow from others"] if now.folded else []
    out.print(", ".join(said), soft_wrap=True)
    for line in part.lines:
        out.print(plain(_line(line)), soft_wrap=True)
        if explained:
            out.print(plain(f"      {line.definition}"), style="dim", soft_wrap=True)


def _line(line: "Line") -> str:
    from collector.report.words import before_text, n_text, trend_text, value_text

    p90 = f", p90 {_p90(line)}" if line.p90 is not None else ""
    note = f" ({line.note})" if line.note else ""
    rests = f" on {n_text(line)}" if line.value is not None else ""
    return (
        f"  {line.title:32} {value_text(line)}{p90}{rests}{note}; "
        f"before: {before_text(line)}; {trend_text(line)}"
    )


def _p90(line: "Line") -> str:
    from collector.report.words import number

    return number(line.p90, line.unit)


def _kept(one: "Kept") -> str:
    from collector.report.words import kept_text

    return f"  {one.objective.name}: {kept_text(one)}"
