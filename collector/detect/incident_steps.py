"""The words around one incident: what its times mean, and what to do next. Pure; page and command line share them."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from collector.detect.incident_words import ack_command, is_live
from collector.detect.story import BAD_WORDS
from collector.words import count, duration, many, visible
from schemas.incidents import Cause, Incident

ALMOST = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Life:
    """One time in the life of an incident: what it is called, when (None = `otherwise` holds), how long it took."""

    name: str
    time: datetime | None
    otherwise: str
    took: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Step:
    """Something to do. `link` is a kind (event, change, reason, topic, incident) with what it names; or a command."""

    text: str
    link: tuple[str, str] | None = None
    command: str = ""


def life(one: Incident) -> list[Life]:
    """Return the five times with their definitions. What nobody knows is said to be unknown, and is never zero."""
    begin = one.impact_time
    noticed = None if one.backfilled else one.detected_time
    ongoing = "not yet: it goes on" if one.state == "open" else "not known"
    return [
        Life(
            "Began",
            begin,
            "",
            "",
            "The first bad event, walking back from when it was noticed to the last quiet time.",
        ),
        Life(
            "Noticed",
            noticed,
            "never: found in history that was read later" if one.backfilled else "not known",
            _after(begin, noticed),
            "The rule became true: too much that is bad, over a long and over a short time at once.",
        ),
        Life(
            "Acknowledged",
            one.acknowledged_time,
            "unknown: nobody has said so",
            _after(one.detected_time, one.acknowledged_time, "it was noticed"),
            "A person or a webhook said that somebody is on it. Nobody said so is unknown, and not counted as zero.",
        ),
        Life(
            "Mitigated",
            one.mitigated_time,
            ongoing,
            _after(begin, one.mitigated_time),
            "The last bad event. From the beginning to here counts as the time to restore.",
        ),
        Life(
            "Resolved",
            one.resolved_time if one.state == "resolved" else None,
            "withdrawn: it was none" if one.state == "withdrawn" else "not yet",
            _after(one.mitigated_time, one.resolved_time, "the last bad event"),
            "Enough good traffic since. Silence alone resolves nothing.",
        ),
    ]


def _after(begin: datetime | None, end: datetime | None, what: str = "it began") -> str:
    if begin is None or end is None:
        return ""
    away = end - begin
    if abs(away) < ALMOST:
        return "at the same moment"
    lasted = duration(abs(away).total_seconds() * 1e3)
    return f"{lasted} after {what}" if away > timedelta() else f"{lasted} before {what}"


def next_steps(
    one: Incident,
    *,
    waiting: int | None,
    sample: str = "",
    reasons: Sequence[str] = (),
    change_ids: Mapping[str, str] | None = None,
) -> list[Step]:
    """Return what to do, in order. `sample` is a bad event that is stored, `waiting` None = no dead letter is.

    `reasons` are ids of reasons for dead letters, `change_ids` are those of payload changes by their first event.
    """
    steps = []
    if is_live(one) and one.acknowledged_time is None:
        steps.append(Step("Say that you are on it, so that nobody else is woken", command=ack_command(one)))
    if one.causes and (is_live(one) or waiting):
        steps.append(_about_the_cause(one.causes[0], change_ids or {}))
    steps.append(_where_to_look(one, reasons))
    if sample:
        steps.append(Step(f"See one of them with all that led to it: {sample}", ("event", sample)))
    if waiting:
        steps.append(
            Step(
                f"Once the reason is put right, send {many(waiting, 'dead letter')} again; this says what would "
                "happen, and sends nothing",
                command=redrive_command(one),
            )
        )
    return steps


def redrive_command(one: Incident) -> str:
    """Return the command that plans to send the incident's dead letters again."""
    # A second earlier: milliseconds are cut off.
    parts = ["--topic", shlex.quote(one.topic)]
    if who := one.consumer_group or one.service:
        parts += ["--group", shlex.quote(who)]
    parts += ["--since", f"{one.impact_time.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"]
    if one.mitigated_time:
        parts += ["--until", f"{one.mitigated_time.astimezone(UTC) + timedelta(seconds=1):%Y-%m-%dT%H:%M:%S}"]
    return f"headwater redrive plan {' '.join(parts)}"


def left_words(one: Incident, waiting: int | None) -> str:
    """Return what is still to be put right; `waiting` None = none of its dead letters is stored."""
    if waiting is None and one.kind in ("dead_letters", "schema_break"):
        known = many(one.left_behind, "dead letter")
        return f"not known now: {known} when it was judged last, and none of them is stored any more"
    if waiting is None:
        several = BAD_WORDS.get(one.kind, ("bad event", "bad events"))[1]
        return f"nothing that could be sent again: {several} leave no dead letters"
    if not waiting:
        return "nothing: all dead letters were sent again"
    return f"{many(waiting, 'dead letter')} that nobody has sent again"


def ambiguity(causes: Sequence[Cause]) -> str:
    """Return what the ranking of candidates is worth, in a sentence."""
    if not causes:
        return "Nothing that was seen changed in the two hours before: the cause may be nothing that is on the wire."
    unseen = max(0.0, 1 - sum(cause.likelihood for cause in causes))
    return (
        "Ranked by rule, not measured: what changed last, and nearest to where it hurts, is likeliest. "
        f"{unseen:.0%} are left for what nobody saw."
    )


def _about_the_cause(cause: Cause, change_ids: Mapping[str, str]) -> Step:
    said = visible(cause.text, 120).rstrip(".")
    if cause.kind == "upstream_incident":
        return Step(f"Put right first what is further up: {said}", ("incident", cause.event))
    if cause.kind == "deployment":
        return Step(f"Undo the likeliest cause, or repair it: {said}", _topic(cause))
    if cause.kind == "schema_change" and cause.event in change_ids:
        return Step(f"See what changed, and who reads it: {said}", ("change", change_ids[cause.event]))
    if cause.event:
        return Step(f"See the first event of the likeliest cause: {said}", ("event", cause.event))
    return Step(f"Look at the likeliest cause: {said}", _topic(cause))


def _topic(cause: Cause) -> tuple[str, str] | None:
    if cause.service:
        return ("service", cause.service)
    return ("topic", cause.topic) if cause.topic else None


def _where_to_look(one: Incident, reasons: Sequence[str]) -> Step:
    if reasons:
        more = f", the most frequent of {count(len(reasons))} reasons" if len(reasons) > 1 else ""
        return Step(f"Read why they failed{more}", ("reason", reasons[0]))
    asks = {
        "consumer_stalled": f"Is {one.consumer_group or one.service} running, and what does its log say?",
        "producer_silent": f"Does {one.service} run, and does it have anything to write?",
        "retry_storm": f"Does what {one.consumer_group or one.service} calls answer?",
        "flow_stuck": f"Does {one.service} run and keep up, or does it drop what it cannot handle?",
        "out_of_order": f"Does {one.service} handle one key in several threads, or retry beside the others?",
        "duplicates": f"Does {one.service} send again without an idempotent producer, or restart from old offsets?",
    }
    return Step(f"{visible(asks.get(one.kind, 'Who reads and writes there?'), 200)}", ("topic", one.topic))
