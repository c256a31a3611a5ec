"""Incidents from silence: a producer that writes nothing where it usually does. Pure.

What is usual is asked of the same time in the weeks before, in minutes with events rather than in events: a burst is
one minute. The poorest of the weeks decides (the second poorest of three or more: one may have been an incident or a
holiday), and an hour earlier or later counts as well, because clocks are changed twice a year. Where all others are
silent too, it is the collector, a holiday or a pause, and no incident of one producer.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from collector.detect.incident_facts import DAY_S, Scope
from collector.detect.judge_rates import Stretch
from collector.detect.rules import Rule

WEEK_S = 7 * DAY_S
WEEKS = 4
HOUR_S = 3_600
MINUTE_S = 60
BACK_MINUTES = 3

Producer = tuple[str, str]
"""Topic and service."""


@dataclass(frozen=True)
class Activity:
    """The minutes in which a producer wrote: starts in seconds since 1970, ascending."""

    minutes_s: Sequence[int]

    def between(self, from_s: float, until_s: float) -> int:
        """Return in how many minutes of [from, until) it wrote."""
        return bisect_left(self.minutes_s, until_s) - bisect_left(self.minutes_s, from_s)

    def longest_gap_s(self, from_s: float, until_s: float) -> float:
        """Return the longest time without a minute in [from, until)."""
        inside = self.minutes_s[bisect_left(self.minutes_s, from_s) : bisect_left(self.minutes_s, until_s)]
        moments = [from_s, *inside, until_s]
        return max(later - earlier for earlier, later in pairwise(moments))


def judge_silence(
    active: Mapping[Producer, Activity],
    rule: Rule,
    now_s: int,
    *,
    since_s: float,
    producers: Collection[Producer] | None = None,
    watching_since_s: float = 0.0,
) -> list[tuple[Scope, Stretch]]:
    """Return the silences of `producers` (None = all) that end after `since_s`, as they stand at `now_s`."""
    found = []
    for producer in sorted(producers if producers is not None else active):
        for start_s, end_s in _gaps(active[producer], rule, now_s, since_s):
            noticed_s = _noticed_s(producer, active, rule, start_s, end_s if end_s is not None else now_s)
            if noticed_s is not None:
                found.append(
                    (
                        _scope(producer),
                        _stretch(active[producer], start_s, end_s, noticed_s, watching_since_s),
                    )
                )
    return found


def _scope(producer: Producer) -> Scope:
    return Scope("producer_silent", producer[0], producer[1])


def _gaps(activity: Activity, rule: Rule, now_s: int, since_s: float) -> Iterator[tuple[int, int | None]]:
    """Yield silences as (last minute before it, first minute after it); None = it goes on."""
    minutes = activity.minutes_s
    stop = bisect_right(minutes, now_s)
    for index in range(max(1, bisect_left(minutes, since_s)), stop):
        if minutes[index] - minutes[index - 1] - MINUTE_S >= rule.gap_min_s:
            yield minutes[index - 1], minutes[index]
    if stop and now_s - minutes[stop - 1] - MINUTE_S >= rule.gap_min_s:
        yield minutes[stop - 1], None


def _noticed_s(
    producer: Producer, active: Mapping[Producer, Activity], rule: Rule, start_s: int, until_s: int
) -> int | None:
    """Return when the silence since `start_s` became remarkable, None if it did not before `until_s`.

    Only time in which most of those who wrote in the hour before went on writing counts: alone nobody can be judged.
    """
    others = [
        activity
        for other, activity in active.items()
        if other[1] != producer[1] and activity.between(start_s - HOUR_S, start_s + MINUTE_S)
    ]
    at_s, from_s = start_s + MINUTE_S + int(rule.gap_min_s), start_s + MINUTE_S
    step_s = 5 * MINUTE_S
    while others and at_s <= until_s:
        alive = sum(1 for activity in others if activity.between(at_s - rule.gap_min_s, at_s))
        if alive < rule.others_alive_share * len(others):
            from_s = at_s
        elif at_s - from_s >= rule.gap_min_s and _is_remarkable(active[producer], rule, from_s, at_s):
            return at_s
        if at_s - start_s > 2 * DAY_S:
            step_s = 60 * MINUTE_S
        at_s += step_s
    return None


def _is_remarkable(activity: Activity, rule: Rule, from_s: int, at_s: int) -> bool:
    history_s = from_s - activity.minutes_s[0]
    if history_s < rule.history_days_min * DAY_S:
        return False
    gap_s = at_s - from_s
    weeks = [week for week in range(1, WEEKS + 1) if history_s >= week * WEEK_S + HOUR_S]
    if not weeks:
        # Less than a week is known: only who is never silent for long can be missed.
        longest_s = activity.longest_gap_s(activity.minutes_s[0], from_s)
        return gap_s >= 2 * rule.gap_times * max(longest_s, rule.gap_min_s / 2)
    spans = [(from_s - week * WEEK_S, at_s - week * WEEK_S) for week in weeks]
    counts = sorted(
        min(activity.between(begin + shift, end + shift) for shift in (-HOUR_S, 0, HOUR_S))
        for begin, end in spans
    )
    spare = 1 if len(weeks) >= 3 else 0
    if counts[spare] < rule.expected_min:
        return False
    gaps = sorted(activity.longest_gap_s(begin - HOUR_S, end + HOUR_S) for begin, end in spans)
    return gap_s >= rule.gap_times * gaps[-1 - spare]


def _stretch(
    activity: Activity, start_s: int, end_s: int | None, noticed_s: int, watching_since_s: float
) -> Stretch:
    is_history = noticed_s < watching_since_s
    stretch = Stretch(
        opened_s=noticed_s,
        severity="ticket",
        threshold=0.0,
        impact_ms=(start_s + MINUTE_S) * 1_000,
        detected_s=None if is_history else noticed_s,
        backfilled=is_history,
    )
    if end_s is not None:
        stretch.mitigated_ms = end_s * 1_000
        stretch.phase = "mitigated"
        back = activity.minutes_s[bisect_left(activity.minutes_s, end_s) :][:BACK_MINUTES]
        if len(back) == BACK_MINUTES:
            stretch.resolved_s = back[-1] + MINUTE_S
            stretch.phase = "resolved"
    return stretch
