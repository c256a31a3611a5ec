"""Where the time of a cascade went, where its trouble started and what it touched, in words. Pure."""

from collections.abc import Mapping
from itertools import pairwise

from collector.lineage.blast import Started, Touched
from collector.lineage.cascade import Cascade
from collector.lineage.split_latency import Split
from dashboard.text import count, duration, many, visible
from schemas.records import EventRef

Splits = Mapping[tuple[EventRef, EventRef], Split]
NAMES_SHOWN = 4


def path_lines(cascade: Cascade, splits: Splits) -> list[str]:
    """Return what the critical path took, its longest step, and how much of it was waiting, as far as known."""
    path = cascade.critical_path
    if len(path) < 2:
        return []
    steps = [(cause, effect, _ms_between(cascade, cause, effect)) for cause, effect in pairwise(path)]
    total = _ms_between(cascade, path[0], path[-1])
    cause, effect, longest = max(steps, key=lambda step: step[2])
    said = [f"{many(len(steps), 'step')} decided when it ended: {duration(total)}."]
    if total > 0 and len(steps) > 1:
        share = f"{max(0.0, longest) / total:.0%} of it"
        said.append(
            f"The longest: {_title(cascade, cause)} → {_title(cascade, effect)}, {duration(longest)}, {share}."
        )
    known = [splits[step[:2]] for step in steps if step[:2] in splits]
    if known:
        waiting, working = sum(split.waiting_ms for split in known), sum(split.working_ms for split in known)
        of = "" if len(known) == len(steps) else f" (in {len(known)} of its steps, the others are not known)"
        said.append(f"Waiting in topics {duration(waiting)}, working in services {duration(working)}{of}.")
    else:
        said.append("Waiting or working is not known: no spans tell it.")
    return said


def split_text(split: Split | None) -> str:
    """Return how the time of a step was spent; empty where it is not known."""
    if split is None:
        return ""
    return f"waited {duration(split.waiting_ms)} in the topic, {duration(split.working_ms)} in the service"


def _ms_between(cascade: Cascade, cause: EventRef, effect: EventRef) -> float:
    return (cascade.events[effect].time - cascade.events[cause].time).total_seconds() * 1000


def _title(cascade: Cascade, ref: EventRef) -> str:
    event = cascade.events[ref]
    return visible(event.type or ref.topic, 60)


def start_text(started: Started, cascade: Cascade) -> list[str]:
    """Return where it started: a sentence, what changed before, and what is not sure."""
    sign = started.sign
    said = []
    if sign is None:
        above = many(started.ancestors, "event")
        said.append(
            f"Nothing odd among the {above} above it."
            if started.ancestors
            else "It is the first event, and not odd."
        )
    else:
        by = f" at {visible(sign.service, 60)}" if sign.service else ""
        detail = f": {visible(sign.detail, 160)}" if sign.detail else ""
        said.append(_SIGNS[sign.kind].format(_title(cascade, started.origin), by) + f"{detail}.")
    for change in started.changes[:2]:
        before_ms = (started.time - change.time).total_seconds() * 1000
        of = visible(change.service or change.topic, 60)
        said.append(f"{duration(before_ms)} before, {change.kind} of {of}: {visible(change.text, 120)}.")
    if started.sign and not started.changes:
        said.append("No deployment or schema change is known in the day before.")
    if started.unknown:
        said.append("A cause further up was never seen: it may have begun there.")
    if started.guessed:
        said.append("The way up goes over inferred links.")
    return said


_SIGNS = {
    "failed": "{} was given up{}",
    "retried": "{} failed{} and was retried",
    "late": "{} came late{}",
    "changed shape": "{} had a new structure{}",
    "not understood": "{} is not legible{}",
}


def touched_text(reach: Touched) -> list[str]:
    """Return what was touched: numbers, then names."""
    first = (
        f"{many(len(reach.events), 'event')}, {many(len(reach.services), 'service')}, "
        f"{many(len(reach.topics), 'topic')}, {many(len(reach.keys), 'business key')}, "
        f"{many(len(reach.dead_letters), 'dead letter')}."
    )
    said = [first]
    if len(reach.events) == 1:
        return ["Nothing: no event followed from it."]
    for title, names in (("Services", reach.services), ("Topics", reach.topics), ("Keys", reach.keys)):
        if names:
            shown = ", ".join(visible(name, 40) for name in list(names)[:NAMES_SHOWN])
            more = f" and {count(len(names) - NAMES_SHOWN)} more" if len(names) > NAMES_SHOWN else ""
            said.append(f"{title}: {shown}{more}.")
    if reach.guessed:
        said.append(f"{many(reach.guessed, 'event')} of them over inferred links.")
    if reach.truncated:
        said.append("There is more behind the limit of what is read.")
    return said
