"""What changed shortly before events began to fail, and how likely it is the cause. Pure.

Each candidate gets a score of place x newness x nearness:

- place: the same topic 1, times what the failed events look like (0.1 where none of them has the new structure, 1
  where all have; 0.5 where no structures are known); a deployment of the service that writes the topic 0.6, of the
  one that failed 0.5.
- newness: the share of the run's minutes that came after the change. What failed before it is not its doing.
- nearness: halves every 20 minutes between the change and the first failure of the run; where the failed events
  carry the new structure themselves, that is worth at least 0.8 of it however long it took. A change that came
  more than a minute after the first failure gets nothing: clocks differ by less.
- what was undone before the run began counts a fifth, as consumers may lag; nothing where no failed event carries it.

The likelihood of a candidate is its score among all scores and 0.15 for whatever nobody saw. A deployment and a
change of structure that the same service brought within two minutes are one candidate.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

SOMETHING_ELSE = 0.15
_HALF_LIFE = timedelta(minutes=20)
_CLOCKS = timedelta(minutes=1)
_TOGETHER = timedelta(minutes=2)
_TOLD_TWICE = timedelta(minutes=10)  # by records and by whoever deployed
_FLOOR = 0.02  # below this a candidate is not worth a line
BEFORE = timedelta(hours=24)
_MOST = 0.8
_UNDONE = 0.2
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Change:
    """Something that changed. `shapes` are the structures that it brought; `event` the first that carried it.

    `ended` is when it was undone; None = it was not, as far as is known.
    """

    kind: Literal["schema_change", "deployment"]
    time: datetime
    service: str
    topic: str
    text: str
    event: str = ""
    version: str = ""
    shapes: frozenset[int] = frozenset()
    ended: datetime | None = None
    change_id: str = ""


@dataclass(frozen=True, slots=True)
class Failing:
    """What the likelihood rests on. `minutes` = start (s since 1970) of each minute with failures; shapes counted."""

    topic: str
    consumer_group: str
    service: str
    origin_service: str
    began: datetime
    minutes: Sequence[int]
    shapes: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Suspect:
    """A change with its likelihood (0..1) and the sentence that says why."""

    change: Change
    likelihood: float
    why: str


def suspects(failing: Failing, changes: Iterable[Change]) -> list[Suspect]:
    """Return what may have caused it, the likeliest first."""
    scored = [(change, _score(failing, change)) for change in _together(changes)]
    likely = [(change, score) for change, score in scored if score >= _FLOOR]
    total = sum(score for _, score in likely) + SOMETHING_ELSE
    found = [Suspect(change, score / total, _why(failing, change)) for change, score in likely]
    return sorted(found, key=lambda suspect: (-suspect.likelihood, suspect.change.time, suspect.change.text))


def schema_change(row: Mapping[str, Any]) -> Change:
    """Return a row of dead_letters_schema_changes as a Change."""
    return Change(
        kind="schema_change",
        time=row["first_time"],
        service=row["service"],
        topic=row["topic"],
        text=row["summary"],
        event=f"{row['topic']}/{row['first_partition']}/{row['first_offset']}",
        version=row["service_version"],
        shapes=frozenset(row["new_shapes"]),
        ended=row["reverted_time"],
        change_id=row["change_id"],
    )


def deployment(row: Mapping[str, Any]) -> Change:
    """Return a row of dead_letters_deployments as a Change."""
    return Change(
        kind="deployment",
        time=row["first_time"],
        service=row["service"],
        topic="",
        text=f"{row['service']} {row['version']} was deployed",
        version=row["version"],
    )


def carrying(failing: Failing, change: Change) -> float | None:
    """Return the share of failed events with the new structure; None where structures say nothing."""
    return share_with(failing.shapes, change)


def share_with(shapes: Mapping[int, int], change: Change) -> float | None:
    """Return the share of events of these structures, counted, that have the new one; None = nothing is known."""
    known = {shape: count for shape, count in shapes.items() if shape}
    if not known or not change.shapes:
        return None
    return sum(count for shape, count in known.items() if shape in change.shapes) / sum(known.values())


def taken_over(
    changes: Iterable[Change],
    topic: str,
    began: datetime,
    shapes: Callable[[datetime, datetime], Mapping[int, int]],
) -> datetime:
    """Return since when failures have the cause that they have now, for a run of them that began then.

    One release after the other may fail in the same words. Where the failures of before carry a change that was
    undone, and those since a later change carry that one, the later change is where this run began. `shapes` counts
    the structures of the events that failed between two moments.
    """
    mine = sorted(
        (each for each in changes if each.kind == "schema_change" and each.topic == topic),
        key=lambda each: each.time,
    )
    for place, later in enumerate(mine):
        if later.time <= began:
            continue
        until = mine[place + 1].time if place + 1 < len(mine) else _NEVER
        if (share_with(shapes(later.time, until), later) or 0) < _MOST:
            continue
        before = shapes(began, later.time)
        undone = [each for each in mine[:place] if each.ended and each.ended <= later.time]
        if any((share_with(before, each) or 0) >= _MOST for each in undone):
            began = later.time
    return began


def _score(failing: Failing, change: Change) -> float:
    if change.time > failing.began + _CLOCKS:
        return 0.0
    waited = max(failing.began - change.time, timedelta())
    near: float = 0.5 ** (waited / _HALF_LIFE)
    after = [minute for minute in failing.minutes if minute + 60 >= (change.time - _CLOCKS).timestamp()]
    newness = len(after) / len(failing.minutes) if failing.minutes else 0.0
    if change.kind == "deployment":
        if not change.service or change.service not in _involved(failing):
            return 0.0
        return (0.6 if change.service == failing.origin_service else 0.5) * newness * near
    if change.topic != failing.topic:
        return 0.0
    share = carrying(failing, change)
    looks = 0.5 if share is None else 0.1 + 0.9 * share
    undone = change.ended is not None and change.ended < failing.began - _CLOCKS
    gone = (_UNDONE if share else 0.0) if undone else 1.0
    return looks * newness * gone * max(near, 0.8 * (share or 0.0))


def _involved(failing: Failing) -> set[str]:
    return {failing.origin_service, failing.consumer_group, failing.service} - {""}


def _together(changes: Iterable[Change]) -> list[Change]:
    """Leave out deployments that a change of structure of the same service came with, or that are told twice."""
    listed = list(changes)
    first: dict[tuple[str, str], datetime] = {}
    twice = set()
    for change in sorted(listed, key=lambda each: each.time):
        if change.kind == "deployment":
            key = change.service, change.version
            if key in first and change.time - first[key] <= _TOLD_TWICE:
                twice.add(id(change))
            first[key] = change.time
    structures = [change for change in listed if change.kind == "schema_change" and change.service]
    return [
        change
        for change in listed
        if change.kind != "deployment"
        or (
            id(change) not in twice
            and not any(
                other.service == change.service
                and (abs(other.time - change.time) <= _TOGETHER or other.version == change.version != "")
                for other in structures
            )
        )
    ]


def _why(failing: Failing, change: Change) -> str:
    minutes = round((failing.began - change.time).total_seconds() / 60)
    when = f"{minutes} min before the first failure" if minutes > 0 else "in the minute of the first failure"
    if change.kind == "deployment":
        whose = (
            "the service that writes the topic"
            if change.service == failing.origin_service
            else "the one that fails"
        )
        return f"{when}; {change.service} is {whose}"
    share = carrying(failing, change)
    if share is None:
        return f"{when}, on the same topic"
    by = f"with {change.service}{' ' + change.version if change.version else ''}, " if change.service else ""
    return f"{by}{when}; {share:.0%} of the failed events have the new structure"
