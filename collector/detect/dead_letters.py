"""The state of all dead letters, from what the store holds: what fails, since when, how much of it, why. Pure."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any, Literal

from collector.detect.dead_letters_causes import Change, Failing, Suspect, suspects, taken_over
from schemas.incidents import Incident

RUN_ENDS_AFTER = timedelta(minutes=15)  # a run of failures ends with this much quiet
CEASED = timedelta(minutes=3)  # no failure for so long at least: it seems to be over
NOW_WINDOW = timedelta(minutes=15)
SUSPECTS_SHOWN = 3

Base = Literal["read by the group", "produced", ""]


@dataclass(frozen=True, slots=True)
class Reason:
    """Failures of one topic and consumer group for one reason. Counts are of failures, not of dead letters.

    `began` is when the latest run of failures of one cause began, to the minute. `oldest_waiting` None = nothing waits.
    """

    reason_id: str
    topic: str
    consumer_group: str
    service: str
    origin_service: str
    exception: str
    template: str
    message: str
    type: str
    failures: int
    dead_letters: int
    waiting: int
    failed_again: int
    sent_again: int
    recovered: int
    guessed: int
    without_origin: int
    backfilled: int
    keys: int
    first_time: datetime
    last_time: datetime
    began: datetime
    last_15m: int
    last_1h: int
    last_24h: int
    oldest_waiting: datetime | None
    attempts: int
    samples: tuple[str, ...]
    sample_origin: str
    dead_letter_topics: tuple[str, ...]
    minutes: tuple[int, ...] = field(repr=False)
    suspects: tuple[Suspect, ...] = ()
    over_time: datetime | None = None
    """When the latest incident of who fails here was over; None = there was none, or it goes on."""

    @property
    def backlog(self) -> int:
        """Return how many are still to be put right."""
        return self.waiting + self.failed_again

    def has_ceased(self, now: datetime) -> bool:
        """Return whether it is over, or seems to be."""
        return has_ceased(self.minutes, self.last_time, now, self.over_time)

    @property
    def failing(self) -> str:
        """Return who failed, as far as anything says so."""
        return self.consumer_group or self.service

    @property
    def exception_name(self) -> str:
        """Return the class without its package."""
        return self.exception.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Scope:
    """A topic and a consumer group: how many failures among how many records. `total` 0 = not known."""

    topic: str
    consumer_group: str
    failures: int
    last_15m: int
    last_time: datetime
    total: int
    base: Base

    @property
    def per_minute(self) -> float:
        """Return failures per minute now."""
        return self.last_15m / (NOW_WINDOW.total_seconds() / 60)

    @property
    def per_1000(self) -> float | None:
        """Return failures per 1,000 records; None where the records are not known."""
        return self.failures * 1_000 / self.total if self.total else None


@dataclass(frozen=True, slots=True)
class Report:
    """Everything about dead letters between two moments, as of `now`."""

    now: datetime
    since: datetime
    reasons: tuple[Reason, ...]
    scopes: tuple[Scope, ...]
    doubtful_topics: tuple[str, ...]
    groups_problem: str
    cut: bool

    @property
    def last_15m(self) -> int:
        """Return the failures of the last 15 minutes."""
        return sum(reason.last_15m for reason in self.reasons)

    @property
    def failures(self) -> int:
        """Return all failures in the time of the report."""
        return sum(reason.failures for reason in self.reasons)

    @property
    def backlog(self) -> int:
        """Return the failures that nobody has put right."""
        return sum(reason.backlog for reason in self.reasons)

    @property
    def oldest_waiting(self) -> datetime | None:
        """Return since when the oldest of them waits."""
        return min((reason.oldest_waiting for reason in self.reasons if reason.oldest_waiting), default=None)


def foremost(reasons: Iterable[Reason]) -> Reason | None:
    """Return the reason to look at first: what fails now and is not put right, else what fails or waits most."""
    return max(
        reasons,
        key=lambda reason: (
            bool(reason.last_15m and reason.backlog),
            reason.last_15m,
            bool(reason.backlog),
            reason.last_1h,
            reason.backlog,
        ),
        default=None,
    )


def run_began(minutes: Sequence[int]) -> datetime:
    """Return when the latest run of failures began, from the minutes (s since 1970, ascending) with any."""
    return datetime.fromtimestamp(_latest_run(minutes)[0], UTC)


def over_times(incidents: Iterable[Incident]) -> dict[tuple[str, str], datetime]:
    """Return by topic and who fails there when enough good traffic had come; not where any incident goes on."""
    over: dict[tuple[str, str], datetime] = {}
    going_on = set()
    for one in incidents:
        if one.kind not in ("dead_letters", "schema_break") or one.state == "withdrawn":
            continue
        place = (one.topic, one.consumer_group or one.service)
        if one.resolved_time is None:
            going_on.add(place)
        else:
            over[place] = max(one.resolved_time, over.get(place, one.resolved_time))
    return {place: time for place, time in over.items() if place not in going_on}


def is_over(last_time: datetime, over_time: datetime | None) -> bool:
    """Return whether the incident of who failed is over and nothing failed since."""
    return over_time is not None and over_time >= last_time


def has_ceased(
    minutes: Sequence[int], last_time: datetime, now: datetime, over_time: datetime | None = None
) -> bool:
    """Return whether it is over, by its incident, or seems to be: quiet for CEASED and twice what was usual."""
    if is_over(last_time, over_time):
        return True
    run = _latest_run(minutes)
    usual = timedelta(seconds=median(later - one for one, later in pairwise(run)) if len(run) > 2 else 0)
    return now - last_time > max(CEASED, 2 * usual)


def _latest_run(minutes: Sequence[int]) -> list[int]:
    """Return the minutes of the latest run of failures, ascending."""
    run = [minutes[-1]]
    for minute in reversed(minutes[:-1]):
        if run[-1] - minute > RUN_ENDS_AFTER.total_seconds():
            break
        run.append(minute)
    return run[::-1]


def reasons_of(rows: Iterable[Mapping[str, Any]], changes: Sequence[Change]) -> list[Reason]:
    """Return the rows of dead_letters_reasons with what may have caused each."""
    return [_reason(row, changes) for row in rows]


def _reason(row: Mapping[str, Any], changes: Sequence[Change]) -> Reason:
    def shapes(since: datetime, until: datetime) -> dict[int, int]:
        # Minutes are known by their beginning: one that began before `since` may hold failures from after it.
        return _shapes(row, since.timestamp() - 59, until.timestamp() - 59)

    began = taken_over(changes, row["topic"], run_began(row["minutes"]), shapes)
    latest = [minute for minute in row["minutes"] if minute + 60 > began.timestamp()]
    failing = Failing(
        topic=row["topic"],
        consumer_group=row["consumer_group"],
        service=row["service"],
        origin_service=row["origin_service"],
        # The minute may have begun before the first failure did.
        began=max(began, row["first_time"]),
        minutes=latest,
        shapes=_shapes(row, latest[0], math.inf),
    )
    plain = (
        "reason_id", "topic", "consumer_group", "service", "origin_service", "exception", "template", "message", "type",
        "failures", "dead_letters", "waiting", "failed_again", "sent_again", "recovered", "guessed", "without_origin",
        "backfilled", "keys", "first_time", "last_time", "last_15m", "last_1h", "last_24h", "oldest_waiting",
        "attempts", "sample_origin",
    )  # fmt: skip
    return Reason(
        **{name: row[name] for name in plain},
        began=failing.began,
        samples=tuple(row["samples"]),
        dead_letter_topics=tuple(row["dead_letter_topics"]),
        minutes=tuple(row["minutes"]),
        suspects=tuple(suspects(failing, changes)[:SUSPECTS_SHOWN]),
    )


def _shapes(row: Mapping[str, Any], since_s: float, until_s: float) -> dict[int, int]:
    """Return how many of the events that failed in minutes that began then had which structure."""
    found: Counter[int] = Counter()
    for name, events in zip(row["shapes"], row["shape_counts"], strict=True):
        minute, _, shape = name.partition(" ")
        if since_s <= int(minute) < until_s:
            found[int(shape)] += events
    return found


def scopes_of(
    rows: Iterable[Mapping[str, Any]], read: Iterable[Mapping[str, Any]], since: datetime
) -> list[Scope]:
    """Return the rows of dead_letters_scopes with their base: records that the group read, where that was followed.

    `read` are rows of groups_read. A group that was followed for less than nine tenths of the time, from the first
    record of its topic on, does not count: its failures would be divided by too little.
    """
    by_group = {(row["consumer_group"], row["topic"]): row for row in read}
    return [_scope(row, by_group, since) for row in rows]


def _scope(
    row: Mapping[str, Any], by_group: Mapping[tuple[str, str], Mapping[str, Any]], since: datetime
) -> Scope:
    group, topic = row["consumer_group"], row["topic"]
    # A connector reads as the group `connect-NAME`, and its dead letters name the connector.
    known = by_group.get((group, topic)) or by_group.get((f"connect-{group}", topic))
    followed = (
        known
        and known["records"]
        and _covers(known["from_time"], max(since, row["first_written"]), known["until_time"])
    )
    total = known["records"] if followed and known else row["produced"]
    base: Base = "read by the group" if followed else "produced" if total else ""
    return Scope(topic, group, row["failures"], row["last_15m"], row["last_time"], total, base)


def _covers(from_time: datetime, since: datetime, until: datetime) -> bool:
    return (until - from_time) >= 0.9 * (until - since)
