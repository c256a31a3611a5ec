"""Incidents from standstill: a consumer group that has records to read and commits nothing. Pure.

Looked at per partition, because one record that cannot be read stops one partition while the others flow on. How
long is too long is asked of the partition's own habit, over a day: some commit every second, some once an hour. What
happens now and then (a rebalance, an earlier standstill) makes no habit.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from collector.detect.incident_facts import Scope
from collector.detect.judge_rates import Stretch
from collector.detect.rules import Rule

HABIT_TIMES = 3.0
HABIT_MOVES_MIN = 3
APART_TIMES = 1.25
HABIT_SHARE = 0.05  # waits that fill less of the time than this are accidents, however many there were
HABIT_S = 86_400
LOOK_S = 60  # what goes well within a look stands for so much time at most
YOUNG_S = 21_600  # of less time than this, what was seen once counts as usual
UNKNOWN_HOLD_S = 7_200  # of whom hardly a commit was seen yet, nobody can say how often it commits
UNSEEN_S = 400  # a row is written every five minutes at least: behind a longer gap nobody looked
SEEN_S_MAX = 900


@dataclass(frozen=True, slots=True)
class Sample:
    """How far a group was on one partition when it was looked at. -1 = not known."""

    at_s: int
    committed: int
    end: int

    @property
    def lag(self) -> int:
        """How many records wait; 0 where that is not known."""
        return max(0, self.end - self.committed) if self.committed >= 0 and self.end >= 0 else 0


@dataclass(frozen=True, slots=True)
class _Standstill:
    start_s: int
    noticed_s: int
    end_s: int | None
    lag: int


def judge_stalls(
    group: str,
    topic: str,
    partitions: Sequence[Sequence[Sample]],
    rule: Rule,
    now_s: int,
    watching_since_s: float = 0.0,
    known_since_s: float = float("-inf"),
) -> list[tuple[Scope, Stretch]]:
    """Return the standstills of a group on a topic, those of its partitions that overlap as one.

    `partitions` holds the samples of each, in order of time. Where samples were read from `known_since_s` on, what
    stood still there already is left out: it began nobody knows when, and was told when it was seen.
    """
    found = sorted(
        (one for samples in partitions for one in _standstills(samples, rule, now_s)),
        key=lambda one: one.start_s,
    )
    merged: list[list[_Standstill]] = []
    for one in found:
        ends = [other.end_s for other in merged[-1]] if merged else []
        if merged and (
            None in ends or one.start_s <= max(end for end in ends if end is not None) + rule.reopen_s
        ):
            merged[-1].append(one)
        else:
            merged.append([one])
    scope = Scope("consumer_stalled", topic, consumer_group=group)
    return [
        (scope, _stretch(run, partitions, now_s, watching_since_s))
        for run in merged
        if run[0].start_s > known_since_s + UNSEEN_S
    ]


def _standstills(samples: Sequence[Sample], rule: Rule, now_s: int) -> Iterator[_Standstill]:
    """Yield the times in which records waited and nothing was committed for longer than is usual."""
    habit = _Habit(rule)
    start: Sample | None = None
    grown_s: int | None = None  # since when more waits than at the start
    for before, after in pairwise(samples):
        if after.committed != before.committed:
            if start is not None:
                # Behind a gap it moved nobody knows when: it waited until it was seen last, at least.
                seen_s = after.at_s if after.at_s - before.at_s <= UNSEEN_S else before.at_s
                hold_s = habit.hold_s(start.at_s, seen_s)
                if grown_s is not None and seen_s - start.at_s >= hold_s:
                    noticed_s = max(start.at_s + int(hold_s), grown_s)
                    yield _Standstill(start.at_s, noticed_s, after.at_s, before.lag)
            looked_s = min(after.at_s - before.at_s, LOOK_S)
            habit.learn(after.at_s, looked_s if start is None else seen_s - start.at_s)
            start, grown_s = (after if after.lag >= rule.lag_min else None), None
        elif start is None and after.lag >= rule.lag_min:
            start = after
        elif start is not None and grown_s is None and after.end > start.end:
            grown_s = after.at_s
    if start is not None and grown_s is not None:
        last = samples[-1]
        hold_s = habit.hold_s(start.at_s, last.at_s)
        if last.at_s - start.at_s >= hold_s and last.at_s <= now_s:
            yield _Standstill(start.at_s, max(start.at_s + int(hold_s), grown_s), None, last.lag)


class _Habit:
    """How long records of a partition usually wait for a commit, by the day before."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._waits: deque[tuple[int, int, int]] = (
            deque()
        )  # time of a commit, how long records waited, since the last

    def learn(self, at_s: int, waited_s: int) -> None:
        """Take note of a commit, and of how long records had waited for it."""
        since_last_s = at_s - self._waits[-1][0] if self._waits else waited_s
        self._waits.append((at_s, waited_s, since_last_s))
        while self._waits[0][0] < at_s - HABIT_S:
            self._waits.popleft()

    def hold_s(self, start_s: int, until_s: int) -> float:
        """Return how long is too long, for a wait since `start_s`."""
        if until_s - start_s < self._rule.hold_s:
            return self._rule.hold_s
        known = [(wait_s, apart_s) for at_s, wait_s, apart_s in self._waits if at_s > start_s - HABIT_S]
        if len(known) < HABIT_MOVES_MIN:
            return max(self._rule.hold_s, UNKNOWN_HOLD_S)
        usual_s = _usual_s(sorted((wait_s for wait_s, _ in known), reverse=True))
        if usual_s < self._rule.hold_s:
            return max(self._rule.hold_s, HABIT_TIMES * usual_s)
        # It commits by the clock: once it leaves records behind, they wait from one time to the next.
        apart_s = _usual_s(sorted((apart_s for _, apart_s in known), reverse=True))
        return max(HABIT_TIMES * usual_s, APART_TIMES * apart_s)


def _usual_s(waits: Sequence[int]) -> float:
    """Return the longest wait that is no accident: it came some times, and fills some of the time."""
    whole_s = sum(waits)
    times = 1 if whole_s < YOUNG_S else HABIT_MOVES_MIN
    for number, filled_s in enumerate(accumulate(waits), 1):
        if number >= times and filled_s >= HABIT_SHARE * whole_s:
            return waits[number - 1]
    return 0.0


def _stretch(
    run: Sequence[_Standstill], partitions: Sequence[Sequence[Sample]], now_s: int, watching_since_s: float
) -> Stretch:
    ends = [one.end_s for one in run]
    noticed_s = min(one.noticed_s for one in run)
    is_history = noticed_s < watching_since_s
    stretch = Stretch(
        opened_s=noticed_s,
        severity="page",
        threshold=0.0,
        impact_ms=run[0].start_s * 1_000,
        detected_s=None if is_history else noticed_s,
        backfilled=is_history,
        bad=sum(one.lag for one in run),
    )
    if None not in ends:
        end_s = max(end for end in ends if end is not None)
        stretch.mitigated_ms = end_s * 1_000
        # It moves again; it is over when it has caught up with what waited, on every partition.
        caught_up = [_caught_up_s(samples, end_s) for samples in partitions]
        over = [moment for moment in caught_up if moment is not None]
        stretch.phase = "mitigated"
        if len(over) == len(partitions):
            stretch.resolved_s = max(over)
            stretch.phase = "resolved"
    newest_s = max((samples[-1].at_s for samples in partitions if samples), default=0)
    if stretch.phase == "open" and now_s - newest_s > SEEN_S_MAX:
        stretch.phase = "no data"
    return stretch


def _caught_up_s(samples: Sequence[Sample], since_s: int) -> int | None:
    """Return when the group had read what there was at `since_s`; a partition without news has caught up."""
    before = [sample for sample in samples if sample.at_s <= since_s]
    if not before or before[-1].committed >= before[-1].end:
        return since_s
    wanted = before[-1].end
    return next(
        (sample.at_s for sample in samples if sample.at_s >= since_s and sample.committed >= wanted), None
    )
