"""A change of structure that was found, and how far it has come since. Pure."""

import math
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from collector.detect.drift_structure import NOT, Question, Structure
from collector.detect.drift_tally import EVENTS_MIN, Seen, Tally, Trial
from schemas.drift import RolloutState

GONE_SURPRISE = 6.0
GONE_EVENTS_MIN = 10
SETTLED_EVENTS = 300
SETTLED = timedelta(hours=2)
SHARE_WINDOW = timedelta(hours=1)
SHARE_EVENTS_MIN = 200
DISPLACED_SHARE = 0.8
_RECENT_MINUTES_MAX = 2_000


@dataclass(slots=True)
class Side:
    """The records with, or without, the change: how many, when the last, and how long the longest pause was."""

    events: int = 0
    last: datetime | None = None
    gap: timedelta = timedelta()
    other_since: int = 0

    def add(self, seen: Seen) -> None:
        """Count records of this side."""
        if self.last is not None:
            self.gap = max(self.gap, seen.first_time - self.last)
        self.events += seen.events
        self.last = max(self.last or seen.last_time, seen.last_time)
        self.other_since = 0

    def is_gone(self, share: float, now: datetime) -> bool:
        """Tell whether this side has ended, given its share while it lasted; time counts as well as records."""
        if self.last is None or self.other_since < GONE_EVENTS_MIN:
            return False
        rare = -math.log1p(-min(share, 0.95))
        return self.other_since * rare >= GONE_SURPRISE and now - self.last >= 3 * self.gap


@dataclass(slots=True)
class Shift:
    """A change: `answers` to these questions are new since `first`. `before` holds what was usual until then."""

    first: Seen
    answers: Mapping[Question, str]
    before: Mapping[Question, Tally]
    evidence: str
    types_before: Mapping[str, Tally] = field(default_factory=dict)
    versions: frozenset[str] = frozenset()
    state: RolloutState = "rolling_out"
    ended: datetime | None = None
    detected: datetime | None = None
    new: Side = field(default_factory=Side)
    old: Side = field(default_factory=Side)
    since: dict[Question, Tally] = field(default_factory=dict)
    given: dict[Question, Tally] = field(default_factory=dict)
    """Answers of the records that carry the change; `since` counts those of all records since it came."""
    new_structures: Counter[tuple[int, str]] = field(default_factory=Counter)
    old_structures: Counter[tuple[int, str]] = field(default_factory=Counter)
    by_version: dict[Question, Counter[bool]] = field(default_factory=dict)
    recent: deque[tuple[datetime, int, int]] = field(default_factory=deque)
    was_usual: tuple[int, str] = (0, "")
    last_time: datetime | None = None

    def is_new(self, one: Structure) -> bool | None:
        """Tell whether records of this structure carry the change; None where nothing in it is asked."""
        asked = False
        for question, answer in self.answers.items():
            if one.asked(question):
                asked = True
                if gives(one, question, answer):
                    return True
        return False if asked else None

    def add(self, minute: Sequence[Seen]) -> None:
        """Count the records of one minute, in the order of their first times."""
        counts = [0, 0]
        for seen in minute:
            is_new = self.is_new(seen.structure)
            if is_new is None or (not is_new and seen.last_time < self.first.first_time):
                continue
            counts[is_new] += seen.events
            mine, other = (self.new, self.old) if is_new else (self.old, self.new)
            mine.add(seen)
            other.other_since += seen.events if other.last is None or seen.first_time > other.last else 0
            key = seen.structure.shape_id, seen.structure.schema_id
            (self.new_structures if is_new else self.old_structures)[key] += seen.events
            self._tally(seen, is_new=is_new)
            self.last_time = max(self.last_time or seen.last_time, seen.last_time)
        if any(counts):
            self.recent.append((minute[0].minute, counts[True], counts[False]))
            if len(self.recent) > _RECENT_MINUTES_MAX:
                self.recent.popleft()

    def _tally(self, seen: Seen, *, is_new: bool) -> None:
        for question in self.answers:
            if seen.structure.asked(question):
                for tallies in (self.since, self.given) if is_new else (self.since,):
                    tally = tallies.setdefault(question, Tally())
                    tally.add(seen, tally.answers_of(seen.structure, question), with_gaps=False)
                if seen.version in self.versions:
                    gave = gives(seen.structure, question, self.answers[question])
                    self.by_version.setdefault(question, Counter())[gave] += seen.events

    @property
    def share(self) -> float:
        """The share of the new form while both were there, 0..1."""
        return self.new.events / max(1, self.new.events + self.old.events)

    @property
    def recent_share(self) -> float:
        """The share of the new form among the latest records: an hour, or SHARE_EVENTS_MIN where that is less."""
        if not self.recent:
            return 1.0
        end = self.recent[-1][0]
        new = old = 0
        for minute, with_it, without in reversed(self.recent):
            if minute < end - SHARE_WINDOW or (new + old >= SHARE_EVENTS_MIN):
                break
            new, old = new + with_it, old + without
        return new / max(1, new + old)

    @property
    def is_displacing(self) -> bool:
        """Tell whether the new form takes the place of the old one, rather than standing beside it."""
        return bool(self.versions) or self.share >= DISPLACED_SHARE

    def step(self) -> None:
        """Decide how far it has come; to be asked after each minute while it rolls out."""
        now = self.last_time
        if self.state != "rolling_out" or now is None:
            return
        active = self._active_share()
        if self.is_over:
            self.state, self.ended = "reverted", self.new.last
        elif self._old_is_gone(active, now) or self._is_settled(now):
            self.state, self.ended = "complete", self.old.last or self.first.first_time

    @property
    def is_over(self) -> bool:
        """Tell whether the new form has ended: not one more record of it came."""
        return self.last_time is not None and self.new.is_gone(self._active_share(), self.last_time)

    def _active_share(self) -> float:
        """The share of the new form from its first to its last record."""
        until = self.new.last
        during = [(new, old) for minute, new, old in self.recent if until is None or minute <= until]
        new, old = sum(new for new, _ in during), sum(old for _, old in during)
        return new / max(1, new + old)

    def _old_is_gone(self, active: float, now: datetime) -> bool:
        if self.old.last is None:
            return self.new.events >= 2 * GONE_EVENTS_MIN
        return self.old.is_gone(1 - active, now)

    def _is_settled(self, now: datetime) -> bool:
        return self.new.events + self.old.events >= SETTLED_EVENTS and now - self.first.first_time >= SETTLED

    def share_of(self, question: Question) -> float:
        """Return the share of the new answer where it can be new: in the new versions if there are any.

        Without versions: of a field that came or went together with others, in the records that carry any of it;
        else in all records while the change lasted.
        """
        counted = self.by_version.get(question)
        if counted and counted[True] + counted[False] >= EVENTS_MIN:
            return counted[True] / (counted[True] + counted[False])
        given = self.given.get(question)
        with_others = len({asked.path for asked in self.answers}) > 1
        if given and given.n and with_others and question.about == "has":
            return given.k[self.answers[question]] / given.n
        return self._active_share()


def gives(one: Structure, question: Question, answer: str) -> bool:
    """Tell whether `one`, which is asked, gives this answer."""
    if question.about == "is" and answer.startswith(NOT):
        return answer[len(NOT) :] not in one.types[question.path]
    if question.about == "is":
        return answer in one.types[question.path]
    return (answer == "yes") == (question.path in one.types)


def evidence_of(trial: Trial, versions: frozenset[str]) -> str:
    """Return in words on what records a finding rests."""
    said = f"{trial.k:,} of {trial.n:,} records since, none of {trial.n_before:,} before"
    if versions:
        names = ", ".join(sorted(versions))
        asked = sum(trial.n_by_version[version] for version in versions)
        said += f"; {trial.k:,} of {asked:,} of version {names}, none of another"
    return said
