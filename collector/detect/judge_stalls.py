"""Incidents from standstill: a consumer group that has records to read and commits nothing. Pure.

Looked at per partition, because one record that cannot be read stops one partition while the others flow on. How
long is too long is asked of the group's own habit: some commit every second, some once an hour.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from collector.detect.incident_facts import Scope
from collector.detect.judge_rates import Stretch
from collector.detect.rules import Rule

HABIT_TIMES = 3.0
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
) -> list[tuple[Scope, Stretch]]:
    """Return the standstills of a group on a topic, those of its partitions that overlap as one.

    `partitions` holds the samples of each, in order of time.
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
    return [(scope, _stretch(run, partitions, now_s, watching_since_s)) for run in merged]


def _standstills(samples: Sequence[Sample], rule: Rule, now_s: int) -> Iterator[_Standstill]:
    """Yield the times in which records waited and nothing was committed for longer than is usual."""
    usual_s = 0.0
    start: Sample | None = None
    for before, after in pairwise(samples):
        moved = after.committed != before.committed
        if moved:
            if start is not None:
                hold_s = _hold_s(rule, usual_s)
                length_s = after.at_s - start.at_s
                if length_s >= hold_s and before.end > start.end:
                    yield _Standstill(start.at_s, start.at_s + int(hold_s), after.at_s, before.lag)
                else:
                    usual_s = max(usual_s, length_s)
            start = after if after.lag >= rule.lag_min else None
        elif start is None and after.lag >= rule.lag_min:
            start = after
    if start is not None and samples:
        hold_s = _hold_s(rule, usual_s)
        last = samples[-1]
        if last.at_s - start.at_s >= hold_s and last.end > start.end and last.at_s <= now_s:
            yield _Standstill(start.at_s, start.at_s + int(hold_s), None, last.lag)


def _hold_s(rule: Rule, usual_s: float) -> float:
    return max(rule.hold_s, HABIT_TIMES * usual_s)


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
