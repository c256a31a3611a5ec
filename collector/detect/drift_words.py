"""What a change means, whom it hits and what to do about it, in words. Pure; page and command line share them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from collector.detect.drift_read import Drift, Told
from collector.words import ago, clock, count, many
from schemas.drift import FieldChange

Level = Literal["none", "good", "warn", "bad"]
FRESH = timedelta(hours=1)
STATES = {"rolling_out": "rolling out", "complete": "complete", "reverted": "rolled back"}
VERDICTS = {
    "full": ("FULL", "Readers of the form before can read the new one, and the other way round."),
    "forward": (
        "FORWARD",
        "Readers of the form before can read the new one; new readers may miss fields in old records.",
    ),
    "backward": (
        "BACKWARD",
        "Readers of the form before may fail on the new one: they have to be changed first.",
    ),
    "breaking": ("BREAKING", "Readers of either form fail on the other one."),
    "": ("NOT KNOWN", "Whether readers of the form before can read the new one is not known."),
}
IN_SHORT = {
    "full": "nobody fails",
    "forward": "readers cope",
    "backward": "readers may fail",
    "breaking": "readers fail",
    "": "",
}
FINDINGS = {
    "bypass": "Past the registry",
    "unknown_id": "Unknown schema id",
    "mixed_formats": "Mixed formats",
    "old_schema": "Old schema in use",
}


class Said(NamedTuple):
    """What the page opens with."""

    level: Level
    sentence: str
    details: tuple[str, ...]


def say(drift: Drift, now: datetime) -> Said:
    """Return the sentence that the page opens with, worst news first."""
    if not drift.records and not drift.changes:
        return Said("none", "No data: no record with a structure was seen in this time.", ())
    going_on = [told for told in drift.changes if told.is_going_on]
    hurting = [told for told in drift.changes if _hurts(told, now)]
    worst = _worst([*hurting, *going_on])
    if worst is not None:
        # What was rolled back hurts no more; what it left behind is still to be looked at.
        bad = not worst.is_rolled_back and (bool(worst.failures) or worst.breaks_readers)
        return Said("bad" if bad else "warn", _drifting(worst, now), _details(worst, len(going_on), now))
    if not drift.changes:
        return Said(
            "good",
            f"No payload has changed, in {count(drift.records)} records of {many(drift.topics, 'topic')}.",
            (),
        )
    last = drift.changes[0]
    how = "was rolled back" if last.change.state == "reverted" else "is complete"
    sentence = f"No payload is changing now; the last change, of {last.change.topic}, {how}."
    return Said("good", sentence, (f"It began {ago(last.change.first_time, now)}: {last.change.summary}.",))


def _hurts(told: Told, now: datetime) -> bool:
    """Tell whether a change is fresh and has made dead letters, or breaks readers and stays."""
    if told.failures and now - told.change.last_new_time <= FRESH:
        return True
    return told.breaks_readers and told.change.state == "complete" and now - told.change.first_time <= FRESH


def _worst(changes: Sequence[Told]) -> Told | None:
    return max(changes, key=weight, default=None)


def weight(told: Told) -> tuple[bool, bool, int, datetime]:
    """Return by what changes are ordered, the worst last. Of those that were rolled back the newest tells most."""
    failures = 0 if told.is_rolled_back else told.failures
    return not told.is_rolled_back, told.breaks_readers, failures, told.change.first_time


def _drifting(told: Told, now: datetime) -> str:
    change = told.change
    who = who_text(told) or "a service that its records do not name"
    verb = "is changing" if told.is_going_on else "changed"
    when = f"since {clock(change.first_time, now)} UTC"
    if told.is_rolled_back:
        verb = "changed and was rolled back"
        end = change.reverted_time or change.last_new_time
        when = f"from {clock(change.first_time, now)} to {clock(end, now)} UTC"
    return f"{change.topic} {verb}: {who}, {when}. {change.summary}."


def _details(told: Told, going_on: int, now: datetime) -> tuple[str, ...]:
    change = told.change
    share = f"{change.new_share:.0%} of the latest records have the new form ({STATES[change.state]})."
    if told.is_rolled_back:
        share = f"{many(change.new_events, 'record')} had the new form."
    said = [f"{share} {VERDICTS[change.verdict][1]}"]
    if told.dead_letters:
        said.append(f"{chain(told, now)}.")
    if going_on > 1:
        said.append(f"{many(going_on, 'change is', 'changes are')} going on.")
    return tuple(said)


def chain(told: Told, now: datetime) -> str:
    """Return what led to what in one line: the change, the dead letters that carry it, the incident."""
    change = told.change
    parts = [
        f"{who_text(told) or 'a service that is not named'} changed it at {clock(change.first_time, now)}"
    ]
    if told.dead_letters:
        groups = sorted({each.consumer_group or "a group that is not named" for each in told.dead_letters})
        first = min(each.first_time for each in told.dead_letters)
        parts.append(
            f"{many(told.failures, 'dead letter')} of {', '.join(groups)} with the new form since {clock(first, now)}"
        )
    parts += [f"incident: {title}" for _, title in told.incidents[:1]]
    return " → ".join(parts)


def who_text(told: Told) -> str:
    """Return the producing service with its version, empty where the records do not name it."""
    return " ".join(filter(None, (told.change.service, told.change.service_version)))


def advice(told: Told) -> list[str]:
    """Return what to do now, in order."""
    change = told.change
    who = who_text(told) or "the producer"
    groups = ", ".join(name for name, _ in told.groups[:4])
    steps = []
    if change.state == "rolling_out" and told.breaks_readers:
        steps.append(
            f"Roll {who} back, or stop its roll-out: readers of the form before cannot read what it sends."
        )
        if groups:
            steps.append(f"Or teach the readers both forms first: {groups}.")
    elif change.state == "complete" and told.breaks_readers:
        steps.append(f"Make sure that every reader takes the new form{f': {groups}' if groups else ''}.")
    elif change.state == "reverted":
        steps.append(
            f"Nothing more comes; {many(change.new_events, 'record')} with the new form stay on the topic."
        )
    if told.failures:
        steps.append(
            "Look under Dead letters which of them still wait, and send these again once the readers take the new "
            "form, not before: they would fail again."
        )
    if change.state != "reverted" and not told.breaks_readers and change.verdict:
        steps.append("Nothing has to be done: readers of the form before can read it.")
    if not change.verdict:
        steps.append("Ask the producer's team what the new form is: there is no verdict without it.")
    return steps


def line_class(field: FieldChange) -> str:
    """Return the class of a line of the diff: what goes, what comes, what turns into something else."""
    return {"added": "add", "removed": "del"}.get(field.change, "mod")


def diff_lines(fields: Sequence[FieldChange]) -> list[tuple[str, str]]:
    """Return the lines of a readable diff, each with its class; a field that turned into another one has two."""
    lines = []
    for field in fields:
        optional = {True: "", False: " optional", None: ""}[field.required]
        match field.change:
            case "added":
                lines.append(("add", f"+ {field.path}: {field.after}{optional}"))
            case "removed":
                lines.append(("del", f"- {field.path}: {field.before}{optional}"))
            case "renamed_suspected":
                lines += [
                    ("del", f"- {field.before}"),
                    ("add", f"+ {field.after}   (renamed? same type, same place)"),
                ]
            case "type_changed" | "type_added" | "type_removed":
                lines += [
                    ("del", f"- {field.path}: {field.before}"),
                    ("add", f"+ {field.path}: {field.after}"),
                ]
            case _:
                lines.append(("mod", f"~ {field.said}"))
    return lines
