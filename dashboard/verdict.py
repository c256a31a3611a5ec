"""Is anything wrong now? Facts in, one sentence out. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from collector.detect.dead_letters import has_ceased, is_over, run_began
from dashboard.changes import Change
from dashboard.text import ago, clock, count, many, rate

QUIET_MINUTES = 15  # without a dead letter, and nothing is said to be failing
STALE = timedelta(minutes=2)
LAG_SAID_FROM = 10_000
CHANGE_BEFORE = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Failing:
    """Dead letters of one topic and reason. `minutes` holds the start (seconds since 1970) of each minute with any."""

    topic: str
    reason: str
    failing: str
    origin_topic: str
    last_15m: int
    last_1h: int
    last_24h: int
    last_time: datetime
    last_event: str
    minutes: tuple[int, ...]
    over_time: datetime | None = None
    """When the latest incident of who fails here was over; None = there was none, or it goes on."""

    @property
    def since(self) -> datetime:
        """Return when the latest run of failures began, to the minute."""
        return run_began(self.minutes)

    @property
    def is_over(self) -> bool:
        """Return whether its incident is over and nothing failed since."""
        return is_over(self.last_time, self.over_time)

    def has_ceased(self, now: datetime) -> bool:
        """Return whether it is over, or seems to be."""
        return has_ceased(self.minutes, self.last_time, now, self.over_time)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the verdict rests on. `heard` is the newest word of any collector, None if none ever spoke."""

    now: datetime
    rows: int
    newest_observed: datetime | None
    events_5m: int
    topics: int
    failing: Sequence[Failing]
    changes: Sequence[Change]
    heard: datetime | None
    collector_state: str
    lag: int
    suspicion: str = ""
    """What most likely made `foremost(failing, now)` fail, in words; empty = nothing is likely."""
    incident: str = ""
    """The most pressing incident that is open, as a sentence; empty = none is."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`level` decides colour and mark; `sentence` stands alone; `details` are further sentences."""

    level: Literal["none", "good", "warn", "bad"]
    sentence: str
    details: tuple[str, ...] = ()


def judge(facts: Facts) -> Verdict:
    """Return the one sentence to open with, worst news first."""
    if not facts.rows:
        return _no_data(facts)
    worries = _worries(facts)
    going_on, ceased = _parted(facts.failing, facts.now)
    if facts.incident and not going_on:  # what only seems to have ceased may be what the incident is about
        going_on, ceased = [one for one in ceased if not one.is_over], [one for one in ceased if one.is_over]
    past = [_ceased(ceased, going_on, facts.now)] if ceased else []
    if going_on:
        return Verdict("bad", _failing_now(going_on), (*_suspects(facts, going_on), *past, *worries))
    if facts.incident:
        return Verdict("bad", facts.incident, (*past, *worries))
    if ceased:
        return Verdict("warn", _failed(ceased, facts.now), (*_suspects(facts, ceased), *worries))
    if worries:
        return Verdict("warn", worries[0], tuple(worries[1:]))
    earlier = sum(failing.last_1h for failing in facts.failing)
    details = []
    if earlier:
        last = max(failing.last_time for failing in facts.failing)
        details.append(
            f"{many(earlier, 'dead letter')} earlier in this hour, the last one {ago(last, facts.now)}."
        )
    sentence = (
        f"Nothing is failing: no dead letters in {QUIET_MINUTES} minutes, "
        f"{rate(facts.events_5m / 5)} over {many(facts.topics, 'topic')}."
    )
    return Verdict("good", sentence, tuple(details))


def foremost(failing: Sequence[Failing], now: datetime) -> Failing | None:
    """Return the most frequent failure of what the verdict is about: what goes on, or else what was until just now."""
    going_on, ceased = _parted(failing, now)
    return max(going_on or ceased, key=lambda one: one.last_15m, default=None)


def _parted(failing: Sequence[Failing], now: datetime) -> tuple[list[Failing], list[Failing]]:
    """Return what goes on, and what was in the last minutes and has ceased."""
    current = [one for one in failing if one.last_15m]
    ceased = [one for one in current if one.has_ceased(now)]
    return [one for one in current if one not in ceased], ceased


def _no_data(facts: Facts) -> Verdict:
    if facts.heard and facts.now - facts.heard < STALE:
        return Verdict(
            "none",
            "No data yet: a collector is running, but no event has arrived.",
            (f"It says: {facts.collector_state}. Is anything written to the topics that it reads?",),
        )
    return Verdict("none", "No data yet: no collector has stored an event.")


def _failing_now(current: Sequence[Failing]) -> str:
    since = min(failing.since for failing in current)
    names, topics = _names(current)
    who = f"{_and(names)} {'fails' if len(names) == 1 else 'fail'}" if names else f"{_and(topics)} fills"
    now = max(failing.last_time for failing in current)
    return f"{who}: {_how_many(current)}, since {clock(since, now)} UTC."


def _failed(current: Sequence[Failing], now: datetime) -> str:
    names, topics = _names(current)
    who = f"{_and(names)} failed" if names else f"{_and(topics)} filled"
    last = max(failing.last_time for failing in current)
    return f"{who}: {_how_many(current)}, the last one {ago(last, now)}."


def _ceased(past: Sequence[Failing], going_on: Sequence[Failing], now: datetime) -> str:
    """Tell what is over; who still fails for another reason is named with the one that is over."""
    still = {one.failing for one in going_on}
    names = [
        f"{one.failing or one.topic} with {_short(one.reason)}"
        if one.reason and one.failing in still
        else one.failing or one.topic
        for one in past
    ]
    last = max(one.last_time for one in past)
    return f"Ceased, it seems: {_and(list(dict.fromkeys(names)))}; {_how_many(past)}, the last one {ago(last, now)}."


def _short(reason: str) -> str:
    return reason.rpartition(".")[2]


def _how_many(current: Sequence[Failing]) -> str:
    total = sum(failing.last_15m for failing in current)
    return f"{many(total, 'dead letter')} in {QUIET_MINUTES} minutes"


def _names(current: Sequence[Failing]) -> tuple[list[str], list[str]]:
    names = list(dict.fromkeys(failing.failing for failing in current if failing.failing))
    return names, list(dict.fromkeys(failing.topic for failing in current))


def _suspects(facts: Facts, current: Sequence[Failing]) -> list[str]:
    """Name the reason, and what changed shortly before: neighbours in time, said as that and no more."""
    said = []
    top = max(current, key=lambda failing: failing.last_15m)
    if top.reason:
        said.append(f"Most frequent reason: {_short(top.reason)} ({count(top.last_15m)} of them).")
    if facts.suspicion:
        return [*said, f"Likely cause: {facts.suspicion}."]
    since = top.since
    before = [
        change for change in facts.changes
        if since - CHANGE_BEFORE <= change.time <= since + timedelta(minutes=1)
    ]  # fmt: skip
    # A change of the topic that failed tells more than a newer one elsewhere.
    before.sort(key=lambda change: (change.topic != top.origin_topic, -change.time.timestamp()))
    if before:
        change = before[0]
        minutes = max(0, round((since - change.time).total_seconds() / 60))
        when = f"{many(minutes, 'minute')} before" if minutes else "In the same minute"
        where = "" if change.topic == top.origin_topic or not top.origin_topic else ", another topic,"
        said.append(f"{when}, the payload of {change.topic}{where} changed: {change.said[0]}.")
    return said


def _worries(facts: Facts) -> list[str]:
    said = []
    if facts.heard is None:
        said.append("No collector has reported in a day: what you see is old.")
    elif facts.now - facts.heard > STALE:
        said.append(f"The collector went silent {ago(facts.heard, facts.now)}: what you see is old.")
    elif facts.collector_state not in ("running", ""):
        said.append(f"The collector says: {facts.collector_state}.")
    if facts.lag >= LAG_SAID_FROM and not (facts.heard is None or facts.now - facts.heard > STALE):
        said.append(f"Collection is {count(facts.lag)} records behind: the newest events are not here yet.")
    return said


def _and(names: Sequence[str], most: int = 3) -> str:
    shown = list(names[:most])
    if len(names) > most:
        return f"{', '.join(shown)} and {len(names) - most} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]
