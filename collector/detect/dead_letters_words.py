"""The state of dead letters in sentences that stand alone at 3 a.m. Pure; page and command line share them."""

import shlex
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from collector.detect.dead_letters import Reason, Report, Scope, foremost
from collector.detect.dead_letters_causes import Suspect
from collector.words import ago, clock, count, duration, many

LIKELY_FROM = 0.3
_NAMES_MAX = 3
_REASON_CHARACTERS = 110


@dataclass(frozen=True, slots=True)
class Headline:
    """`level` decides colour and exit code; `sentence` stands alone; `details` are further sentences."""

    level: Literal["none", "good", "warn", "bad"]
    sentence: str
    details: tuple[str, ...] = ()


def headline(report: Report, *, any_event: bool) -> Headline:
    """Return what is to be known first. `any_event` = the store holds events at all."""
    if not any_event:
        return Headline("none", "No data yet: no event has been stored, so nothing is known of dead letters.")
    current = [reason for reason in report.reasons if reason.last_15m]
    going_on = [reason for reason in current if not reason.has_ceased(report.now)]
    past = _ceased([reason for reason in current if reason not in going_on], report.now)
    if going_on:
        details = (*_why(going_on), *past, *_backlog(report))
        return Headline("bad", _failing_now(going_on, report.now), details)
    if report.backlog:
        return Headline("warn", _waiting(report), (*_why([r for r in report.reasons if r.backlog]), *past))
    if report.reasons:
        last = max(reason.last_time for reason in report.reasons)
        return Headline(
            "good",
            f"Nothing is failing, and nothing waits: the last dead letter was {ago(last, report.now)}, "
            "and all have been put right.",
        )
    return Headline("good", f"No dead letters in {_span(report)}.")


def per_1000(scope: Scope) -> str:
    """Return `12.4 per 1,000 read by the group`, or that nothing is known."""
    value = scope.per_1000
    return "records not known" if value is None else f"{value:,.1f} per 1,000 {scope.base}"


def suspicion(suspect: Suspect) -> str:
    """Return one candidate cause with its likelihood and its reasons."""
    where = (
        f"the payload of {suspect.change.topic} changed: " if suspect.change.kind == "schema_change" else ""
    )
    return f"{where}{suspect.change.text} ({suspect.likelihood:.0%} likely; {suspect.why})"


def reason_line(reason: Reason) -> str:
    """Return exception and what it said, as far as either is known."""
    said = ": ".join(filter(None, (reason.exception_name, reason.template)))
    return said or "no reason on the wire"


def short_reason(reason: Reason) -> str:
    """Return reason_line in so few characters that a sentence around it can be read."""
    line = reason_line(reason)
    short = textwrap.shorten(line, _REASON_CHARACTERS, placeholder="").rstrip(" ,;:")
    # One endless word leaves nothing: it is cut.
    return line if short == line else f"{short or line[:_REASON_CHARACTERS]} (and more)"


def who(reason: Reason) -> str:
    """Return who failed on what."""
    return f"{reason.failing or 'an unnamed consumer'} on {reason.topic}"


def handling(reason: Reason) -> str:
    """Return what became of the failures of a reason."""
    parts = [
        (reason.waiting, "waiting"),
        (reason.failed_again, "failed again after a redrive"),
        (reason.sent_again, "sent again, outcome not known"),
        (reason.recovered, "recovered"),
    ]
    return ", ".join(f"{count(number)} {what}" for number, what in parts if number)


def redrive_command(reason: Reason) -> str:
    """Return the command that says what a redrive of this reason would do; it sends nothing."""
    return f"headwater redrive plan --reason {shlex.quote(reason.reason_id)}"


def _failing_now(current: Sequence[Reason], now: datetime) -> str:
    total = sum(reason.last_15m for reason in current)
    names = list(dict.fromkeys(reason.failing or reason.topic for reason in current))
    since = min(reason.began for reason in current)
    verb = "fails" if len(names) == 1 else "fail"
    return (
        f"{_and(names)} {verb}: {many(total, 'event')} given up in 15 minutes, since {clock(since, now)} UTC."
    )


def _ceased(past: Sequence[Reason], now: datetime) -> list[str]:
    """Tell what failed in the last minutes and does not any more."""
    if not past:
        return []
    names = list(
        dict.fromkeys(f"{who(reason)} ({reason.exception_name or 'no reason given'})" for reason in past)
    )
    total = many(sum(reason.last_15m for reason in past), "event")
    last = ago(max(reason.last_time for reason in past), now)
    return [f"Ceased, it seems: {_and(names)}; {total} given up in 15 minutes, the last one {last}."]


def _waiting(report: Report) -> str:
    oldest = report.oldest_waiting
    since = f", the oldest since {clock(oldest, report.now)} UTC" if oldest else ""
    waiting = f"{many(report.backlog, 'failure')} {_be(report.backlog)}"
    return f"Nothing fails now, but {waiting} still to be put right{since}."


def _why(reasons: Sequence[Reason]) -> list[str]:
    top = foremost(reasons)
    if top is None:
        return []
    said = [f"Look first at {who(top)}: {short_reason(top).rstrip('.')}."]
    if top.suspects and top.suspects[0].likelihood >= LIKELY_FROM:
        said.append(f"Likely cause: {suspicion(top.suspects[0])}.")
    return said


def _backlog(report: Report) -> list[str]:
    if not report.backlog or not report.oldest_waiting:
        return []
    return [
        f"{many(report.backlog, 'failure')} {_be(report.backlog)} still to be put right, the oldest since "
        f"{clock(report.oldest_waiting, report.now)} UTC."
    ]


def _be(number: int) -> str:
    return "is" if number == 1 else "are"


def _span(report: Report) -> str:
    return duration((report.now - report.since).total_seconds() * 1_000)


def _and(names: Sequence[str]) -> str:
    shown = list(names[:_NAMES_MAX])
    if len(names) > _NAMES_MAX:
        return f"{', '.join(shown)} and {len(names) - _NAMES_MAX} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]
