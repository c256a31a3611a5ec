"""What is usual in a stream of records, and what speaks against it. Pure: counts in, numbers out."""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from collector.detect.drift_structure import NOT, Question, Structure

WARM_UP = 30
"""Records that a question needs before an answer to it can be news."""
SURPRISE_MIN = 18.0
"""Evidence in nats (e^-18 is 1 in 65 million): many fields of many topics are looked at all the time."""
SURPRISE_VERSION_MIN = 6.0
"""Where exactly the records of a version that just came have it, the coincidence itself is evidence."""
SURPRISE_MINUTES_MIN = 4.6
"""The same by minutes instead of records, 1 in 100: records of a burst belong together and count as one."""
_TOGETHER_SHARE = 0.8
EVENTS_MIN = 3


@dataclass(frozen=True, slots=True)
class Seen:
    """Records of one structure and version in one minute. `first` is partition and offset of the first one."""

    structure: Structure
    version: str
    events: int
    minute: datetime
    first_time: datetime
    first: tuple[int, int]
    last_time: datetime

    def __deepcopy__(self, _: object) -> "Seen":
        return self


@dataclass(slots=True)
class Tally:
    """How often a question was asked, and answered how. The `last` of an answer: when, and `n` at that time."""

    n: int = 0
    k: Counter[str] = field(default_factory=Counter)
    last: dict[str, tuple[datetime, int]] = field(default_factory=dict)
    gaps: dict[str, tuple[int, timedelta]] = field(default_factory=dict)
    since: dict[str, Seen] = field(default_factory=dict)
    """For each answer, the first records after its last ones that answered otherwise."""

    def copy(self) -> "Tally":
        """Return one that can be changed apart from this one."""
        return Tally(self.n, Counter(self.k), dict(self.last), dict(self.gaps), dict(self.since))

    def was_given(self, answer: str) -> bool:
        """Tell whether any record answered so."""
        if answer.startswith(NOT):
            return self.n > self.k[answer[len(NOT) :]]
        return self.k[answer] > 0

    def answers_of(self, one: Structure, question: Question) -> tuple[str, ...]:
        """Return what `one` answers, in the words that were answered so far."""
        return one.answers(question, [known for known in self.k if not known.startswith(NOT)])

    def add(self, seen: Seen, answers: Iterable[str], *, with_gaps: bool) -> None:
        """Count records that answered so."""
        answers = tuple(answers)
        for answer in answers:
            if not answer.startswith(NOT) and answer not in self.k and self.n:
                self.k[NOT + answer] = self.n  # all before lacked it
            self.k[answer] += seen.events
            if with_gaps:
                self._close_gap(answer, seen)
        self.n += seen.events
        if with_gaps:
            for answer in answers:
                self.last[answer] = (seen.last_time, self.n)
                self.since.pop(answer, None)
            for answer in self.k:
                if answer not in answers:
                    self.since.setdefault(answer, seen)

    def learn(self, answer: str, n: int, k: int) -> None:
        """Let an answer that was news be usual: `k` of `n` more records gave it."""
        if answer in ("yes", "no"):
            self.k["no" if answer == "yes" else "yes"] += n - k
        elif not answer.startswith(NOT):
            self.k[NOT + answer] = self.k.get(NOT + answer, self.n) + n - k
        self.n += n
        self.k[answer] += k

    def learn_pause(self, answer: str, records: int, span: timedelta) -> None:
        """Let a pause of an answer be usual that was this long."""
        most, longest = self.gaps.get(answer, (0, timedelta()))
        self.gaps[answer] = max(most, records), max(longest, span)

    def _close_gap(self, answer: str, seen: Seen) -> None:
        if answer in self.last:
            time, count = self.last[answer]
            self.learn_pause(answer, self.n - count, seen.first_time - time)


@dataclass(slots=True)
class Trial:
    """An answer that was never given before, while it is being watched whether it stays."""

    question: Question
    answer: str
    n_before: int
    minutes_before: int
    first: Seen
    n: int = 0
    k: int = 0
    minutes: int = 0
    minutes_with: int = 0
    n_by_version: Counter[str] = field(default_factory=Counter)
    k_by_version: Counter[str] = field(default_factory=Counter)
    structures: dict[tuple[int, str], int] = field(default_factory=dict)
    last_other: datetime | None = None
    since_other: int = 0
    last_gave: datetime | None = None
    since_gave: int = 0
    pause: tuple[int, timedelta] = (0, timedelta())
    """The longest that it was not given between two records that gave it: in records, and in time."""

    def add(self, minute: Iterable[tuple[Seen, bool]]) -> None:
        """Count the records of one minute that were asked, with whether they gave the answer."""
        records = list(minute)
        if not records:
            return
        others = [seen.last_time for seen, gave in records if not gave]
        if others:
            self.last_other, self.since_other = max(others), 0
        for seen, gave in records:
            self.n += seen.events
            self.n_by_version[seen.version] += seen.events
            if gave:
                if self.last_gave is not None:
                    self.pause = self.pause_until(seen.first_time)
                self.last_gave, self.since_gave = seen.last_time, 0
                self.k += seen.events
                self.k_by_version[seen.version] += seen.events
                key = seen.structure.shape_id, seen.structure.schema_id
                self.structures[key] = self.structures.get(key, 0) + seen.events
                if self.last_other is None or seen.first_time > self.last_other:
                    self.since_other += seen.events
            else:
                self.since_gave += seen.events
        self.minutes += 1
        self.minutes_with += any(gave for _, gave in records)

    def pause_until(self, now: datetime) -> tuple[int, timedelta]:
        """Return the longest pause, with the one that goes on at `now`."""
        records, span = self.pause
        going_on = now - self.last_gave if self.last_gave else timedelta()
        return max(records, self.since_gave), max(span, going_on)

    @property
    def surprise(self) -> float:
        """Minus the logarithm of the chance that all `k` fell among the last `n`, were the answer given evenly."""
        return surprise(self.k, self.n, self.n_before)

    @property
    def surprise_minutes(self) -> float:
        """The same, counting minutes instead of records."""
        return surprise(self.minutes_with, self.minutes, self.minutes_before)

    def surprise_by(self, versions: Iterable[str]) -> float:
        """The same among the records of these versions, if no other version gave the answer; else 0."""
        versions = frozenset(versions)
        if not versions or any(version not in versions for version in self.k_by_version):
            return 0.0
        return surprise(self.k, sum(self.n_by_version[version] for version in versions), self.n_before)

    @property
    def is_refuted(self) -> bool:
        """Tell that it was watched long enough: the answer is a rare one, and no change."""
        return self.n > 3 * self.n_before and self.n >= 300


def together(one: Trial, other: Trial) -> bool:
    """Tell whether two new answers come in the same records."""
    shared = set(one.structures) & set(other.structures)
    if not shared:
        return False
    return max(
        sum(each.structures[key] for key in shared) / max(1, each.k) for each in (one, other)
    ) >= _TOGETHER_SHARE  # fmt: skip


def in_turn(minute: Iterable[Seen]) -> list[list[Seen]]:
    """Return the records of a minute in pieces, each of which began after all of those before had ended."""
    pieces: list[list[Seen]] = []
    ended: datetime | None = None
    for seen in minute:
        if ended is None or seen.first_time > ended:
            pieces.append([])
        pieces[-1].append(seen)
        ended = max(ended or seen.last_time, seen.last_time)
    return pieces


def surprise(k: int, n: int, n_before: int) -> float:
    """Return -ln of the chance that all `k` of `n + n_before` fell into the last `n`; 0 where there is nothing."""
    return k * math.log((n_before + n) / n) if k and n else 0.0


def silence_surprise(run: int, share: float) -> float:
    """Return -ln of the chance that an answer of this share is not given in `run` records."""
    return -run * math.log1p(-share) if 0 < share < 1 else math.inf if share >= 1 and run else 0.0
