"""`headwater drift`: what changed in payloads, by whom, how far, and whom it hits."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from collector.commands.show import console, iso_ms, moment, opened_store, plain, print_json

if TYPE_CHECKING:
    from rich.console import Console

    from collector.detect.drift_read import Told


def drift(
    since: Annotated[str, typer.Option(help="15m, 2h, 7d, or a date-time.")] = "24h",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
    store: Annotated[
        str | None, typer.Option(help="embedded:DIR or http(s)://user:password@host/database")
    ] = None,
) -> None:
    """Say what changed in the structure of payloads: which fields, since when, by whom, and who reads them."""
    from collector.detect.drift_read import asking, drift_row, read_drift
    from collector.detect.drift_words import say

    now = datetime.now(UTC)
    with opened_store(store) as opened:
        found = read_drift(asking(opened), now, moment(since, now) or now)
    said = say(found, now)
    if as_json:
        print_json(
            {"level": said.level, "sentence": said.sentence, "details": said.details, **drift_row(found)}
        )
        return
    out = console()
    style = {"bad": "bold red", "warn": "bold yellow", "good": "bold green", "none": "bold"}[said.level]
    out.print(plain(said.sentence), style=style, soft_wrap=True)
    for detail in said.details:
        out.print(plain(detail), soft_wrap=True)
    if said.level == "none":
        return
    going_on = sum(told.is_going_on for told in found.changes)
    out.print(
        f"{len(found.changes)} changes since {iso_ms(found.since)}, {going_on} of them going on, "
        f"in {found.records:,} records of {found.topics} topics"
    )
    for told in found.changes:
        _print(out, told, now)
    for finding in found.findings:
        much = f"{finding.records:,} records, {finding.share:.0%}"
        who = plain(", ".join(finding.who))
        out.print(f"\n{plain(finding.topic)}: {plain(finding.said)} ({much}) by {who}")


def _print(out: "Console", told: "Told", now: datetime) -> None:
    from collector.detect.drift_words import STATES, advice, chain

    change = told.change
    who = " ".join(filter(None, (change.service or "service not on the wire", change.service_version)))
    state = f"[{STATES[change.state]}, {change.new_share:.0%} new]"
    where = f"{plain(change.topic)}  {plain(change.type)}  by {plain(who)}"
    out.print(f"\n{where}  since {iso_ms(change.first_time)}  {state}", style="bold")
    for said in [field.said for field in change.fields] or [change.summary]:
        out.print(f"  {plain(said)}")
    out.print(f"  verdict: {change.verdict or 'not known'} ({plain(change.verdict_rule)})")
    out.print(f"  evidence: {plain(change.evidence)}; first record {plain(change.first)}")
    if told.groups:
        out.print(f"  read by: {', '.join(plain(name) for name, _ in told.groups)}")
    if told.services:
        out.print(f"  used by: {', '.join(plain(name) for name, _ in told.services)}")
    for dead in told.dead_letters:
        why = (
            f"{plain(dead.consumer_group or 'group not named')}, {plain(dead.exception or 'no reason given')}"
        )
        out.print(f"  dead letters: {dead.failures:,} of {why}, first {plain(dead.first_event)}", style="red")
    if told.dead_letters or told.incidents:
        out.print(f"  {plain(chain(told, now))}", style="red", soft_wrap=True)
    for step in advice(told):
        out.print(f"  to do: {plain(step)}", soft_wrap=True)
