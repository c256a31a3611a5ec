"""`headwater dlq`: what fails, since when, how much of it, why, and what to do."""

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from collector import settings as settings_module
from collector.commands.show import console, iso_ms, moment, opened_store, plain, print_json
from collector.errors import SettingsError

if TYPE_CHECKING:
    from collector.detect.dead_letters import Reason, Report, Scope
    from collector.detect.dead_letters_read import Letter
    from collector.storage.api import Store

_REASONS_PRINTED = 20
_STACK_LINES = 12


def dlq(
    since: Annotated[str, typer.Option(help="Given up since: 15m, 2h, 7d, or a date-time.")] = "7d",
    reason: Annotated[str, typer.Option(help="One reason in full, by its id.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document for programs.")] = False,
    store: Annotated[
        str | None, typer.Option(help="embedded:DIR or http(s)://user:password@host/database")
    ] = None,
) -> None:
    """Say what consumers have given up: by reason, with rates, what is still to be put right, and likely causes."""
    from collector.detect.dead_letters_read import named, read_report

    now = datetime.now(UTC)
    begin = moment(since, now) or now - timedelta(days=7)
    with opened_store(store) as opened:
        report = read_report(opened, now, begin)
        any_event = bool(opened.query("overview_newest")[0]["rows"])
        chosen = named(report, reason) if reason else None
        if reason and chosen is None:
            raise SettingsError(f"There is no reason {plain(reason)!r} since {iso_ms(begin)}.")
        letter, effects = _in_full(opened, chosen) if chosen else (None, [])
    if as_json:
        print_json(document(report, any_event=any_event, chosen=chosen, letter=letter, effects=effects))
    elif chosen:
        _print_reason(chosen, letter, effects)
    else:
        _print_report(report, any_event=any_event)


def document(
    report: "Report",
    *,
    any_event: bool,
    chosen: "Reason | None" = None,
    letter: "Letter | None" = None,
    effects: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Return the JSON document that programs get."""
    from dataclasses import asdict

    from collector.detect.dead_letters_words import headline

    said = headline(report, any_event=any_event)
    found: dict[str, Any] = {
        "level": said.level,
        "sentence": said.sentence,
        "details": said.details,
        "since": report.since,
        "until": report.now,
        "failures": report.failures,
        "last_15m": report.last_15m,
        "backlog": report.backlog,
        "oldest_waiting": report.oldest_waiting,
        "reasons": [reason_document(reason) for reason in ([chosen] if chosen else report.reasons)],
        "scopes": [scope_document(scope) for scope in report.scopes],
        "groups_problem": report.groups_problem or None,
        "doubtful_topics": report.doubtful_topics,
        "cut": report.cut,
    }
    if letter:
        found["sample"] = asdict(letter)
        found["effects_that_did_not_fail"] = effects or []
    return found


def reason_document(reason: "Reason") -> dict[str, Any]:
    """Return a reason as programs get it."""
    from dataclasses import asdict

    from collector.detect.dead_letters_words import redrive_command

    found = asdict(reason)
    del found["minutes"]
    found["backlog"] = reason.backlog
    found["suspects"] = [
        {
            "likelihood": round(suspect.likelihood, 3),
            "kind": suspect.change.kind,
            "time": suspect.change.time,
            "service": suspect.change.service,
            "version": suspect.change.version,
            "topic": suspect.change.topic,
            "text": suspect.change.text,
            "event": suspect.change.event,
            "change_id": suspect.change.change_id or None,
            "why": suspect.why,
        }
        for suspect in reason.suspects
    ]
    found["redrive_command"] = redrive_command(reason)
    return found


def scope_document(scope: "Scope") -> dict[str, Any]:
    """Return a topic and consumer group with its rates as programs get it."""
    value = scope.per_1000
    return {
        "topic": scope.topic,
        "consumer_group": scope.consumer_group or None,
        "failures": scope.failures,
        "last_15m": scope.last_15m,
        "per_minute": round(scope.per_minute, 3),
        "per_1000": None if value is None else round(value, 3),
        "per_1000_of": scope.base or None,
        "records": scope.total or None,
        "last_time": scope.last_time,
    }


def _in_full(store: "Store", chosen: "Reason") -> "tuple[Letter | None, list[dict[str, Any]]]":
    from collector.detect.dead_letters_read import read_effects, read_letter
    from schemas.records import EventRef

    redact = re.compile(settings_module.load().redact_exceptions)
    ref = EventRef.parse(chosen.samples[0])
    origin = EventRef.parse(chosen.sample_origin)
    letter = read_letter(store, ref, redact) if ref else None
    return letter, read_effects(store, origin) if origin else []


def _print_report(report: "Report", *, any_event: bool) -> None:
    from collector.detect import dead_letters_words as words

    out = console()
    said = words.headline(report, any_event=any_event)
    style = {"bad": "bold red", "warn": "bold yellow", "good": "bold green", "none": "bold"}[said.level]
    out.print(plain(said.sentence), style=style, soft_wrap=True)
    for detail in said.details:
        out.print(plain(detail), soft_wrap=True)
    for reason in report.reasons[:_REASONS_PRINTED]:
        out.print(
            f"\n{reason.reason_id}  {plain(words.who(reason))}: {plain(words.reason_line(reason))}",
            soft_wrap=True,
        )
        out.print(
            f"  {reason.last_15m:,} in 15 min, {reason.last_1h:,} in 1 h, {reason.failures:,} in all with "
            f"{reason.keys:,} keys, from {iso_ms(reason.first_time)} to {iso_ms(reason.last_time)}",
            soft_wrap=True,
        )
        out.print(f"  {words.handling(reason)}", soft_wrap=True)
        for suspect in reason.suspects:
            out.print(f"  maybe {plain(words.suspicion(suspect))}", soft_wrap=True)
    if len(report.reasons) > _REASONS_PRINTED:
        out.print(
            f"\nand {len(report.reasons) - _REASONS_PRINTED} more reasons: --json has all", soft_wrap=True
        )
    if report.scopes:
        out.print()
    for scope in report.scopes[:_REASONS_PRINTED]:
        out.print(
            f"{plain(scope.topic)} for {plain(scope.consumer_group or 'an unnamed consumer')}: "
            f"{scope.per_minute:,.1f} per minute now, {words.per_1000(scope)}",
            soft_wrap=True,
        )
    if report.scopes and report.groups_problem:
        out.print(plain(report.groups_problem), soft_wrap=True)
    if report.reasons:
        out.print(
            "\nOne in full: headwater dlq --reason ID. What a redrive would do: headwater redrive plan --reason ID"
        )


def _print_reason(reason: "Reason", letter: "Letter | None", effects: list[dict[str, Any]]) -> None:
    from collector.detect import dead_letters_words as words

    out = console()
    out.print(f"{plain(words.who(reason))}: {plain(words.reason_line(reason))}", style="bold", soft_wrap=True)
    out.print(
        f"{plain(reason.exception or 'no exception on the wire')}: {plain(reason.message)}", soft_wrap=True
    )
    out.print(
        f"{reason.failures:,} failures of {reason.keys:,} keys from {iso_ms(reason.first_time)} to "
        f"{iso_ms(reason.last_time)}, {words.handling(reason)}",
        soft_wrap=True,
    )
    for suspect in reason.suspects:
        out.print(f"maybe {plain(words.suspicion(suspect))}", soft_wrap=True)
    out.print("Samples: " + ", ".join(map(plain, reason.samples)), soft_wrap=True)
    if letter:
        out.print(f"Origin of the first: {plain(letter.origin_event or 'not known')}", soft_wrap=True)
        for effect in effects:
            name = effect["service"] or "a service that is not named"
            out.print(
                f"  it also caused {effect['events']:,} on {plain(effect['topic'])} by {plain(name)}",
                soft_wrap=True,
            )
        for line in letter.stack.splitlines()[:_STACK_LINES]:
            out.print(f"  {plain(line.expandtabs(4))}", soft_wrap=True)
    out.print(f"See what a redrive would do: {words.redrive_command(reason)}", soft_wrap=True)
