"""An incident in one paragraph, for alerts, pages and the command line. Pure; names in it come from the wire."""

from datetime import datetime, timedelta

from collector.detect.causes import came_with, is_ambiguous, is_same_change
from schemas.incidents import Cause, Incident

_BAD: dict[str, str] = {
    "dead_letters": "became dead letters",
    "schema_break": "became dead letters",
    "retry_storm": "retries were sent",
    "duplicates": "were duplicates",
    "out_of_order": "came out of order",
    "flow_stuck": "did not get in time what usually follows",
}


def explain(one: Incident) -> str:
    """Return what is wrong, since when, how much, why, and how it stands."""
    return " ".join(
        filter(None, (_what(one), _how_much(one), _why(one), _noticed(one), _stands(one), _left(one)))
    )


def _what(one: Incident) -> str:
    end = f" until {_clock(one.mitigated_time, one.impact_time)}" if one.mitigated_time else ""
    return f"{one.title}, since {one.impact_time:%Y-%m-%d %H:%M:%S} UTC{end}{_lasted(one)}."


def _lasted(one: Incident) -> str:
    return f" ({span(one.mitigated_time - one.impact_time)})" if one.mitigated_time else ""


def _how_much(one: Incident) -> str:
    verb = _BAD.get(one.kind)
    if not verb or not one.bad:
        return ""
    if one.kind == "retry_storm":
        return f"{one.bad:,} {verb}" + (f" for {one.total:,} records." if one.total else ".")
    if not one.total:
        return f"{one.bad:,} records {verb}; of how many is not known."
    return f"{one.bad:,} of {max(one.total, one.bad):,} records ({one.bad / max(one.total, one.bad):.0%}) {verb}."


def _why(one: Incident) -> str:
    if not one.causes:
        return "Nothing that was seen changed before it."
    first = one.causes[0]
    with_it = [cause for cause in one.causes[1:] if is_same_change(first, cause)]
    likely = sum(cause.likelihood for cause in (first, *with_it))
    said = f"{first.text}, {_before(first, one)}"
    if companion := came_with(one.causes):
        said += f"; with it {companion.text}"
    if is_ambiguous(one.causes):
        other = next(cause for cause in one.causes[1:] if cause not in with_it)
        return f"It is not clear why: either {said} ({likely:.0%}), or {other.text} ({other.likelihood:.0%})."
    return f"Likely cause ({likely:.0%}): {said}."


def _before(cause: Cause, one: Incident) -> str:
    before = one.impact_time - cause.time
    return f"{span(before)} before" if before >= timedelta(seconds=1) else "at the same time"


def _noticed(one: Incident) -> str:
    if one.backfilled:
        return "It was found in history that was read later."
    if one.detected_time is None:
        return ""
    return f"Noticed {span(max(timedelta(), one.detected_time - one.impact_time))} after it began."


def _stands(one: Incident) -> str:
    match one.state:
        case "open":
            return "It goes on."
        case "no data":
            return "Nothing comes any more, so nobody can tell whether it is over."
        case "mitigated":
            return "Nothing bad has come since, but not yet enough good traffic to call it over."
        case "withdrawn":
            return "Withdrawn: with what has arrived since, it was none of its own."
    again = f" It came back {one.reopened} time{'s' if one.reopened > 1 else ''}." if one.reopened else ""
    return f"It is over.{again}"


def _left(one: Incident) -> str:
    if not one.left_behind:
        return ""
    return f"{one.left_behind:,} dead letter{'s' if one.left_behind > 1 else ''} still wait to be sent again."


def span(length: timedelta) -> str:
    """Return a length of time in words that fit in a sentence."""
    seconds = length.total_seconds()
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < 3_600:
        return f"{seconds / 60:.0f} min"
    if seconds < 172_800:
        return f"{seconds / 3_600:.1f} h"
    return f"{seconds / 86_400:.1f} days"


def _clock(moment: datetime, day: datetime) -> str:
    return f"{moment:%H:%M:%S}" if moment.date() == day.date() else f"{moment:%Y-%m-%d %H:%M:%S}"
