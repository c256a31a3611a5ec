"""Incidents from rates: where bad events are too large a share, since when, and whether it is over. Pure.

Everything is judged in the time of the events, so that history gives what was (or would have been) found then.
When an incident was *noticed* is worked out apart, from what had been read by which time.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from math import log
from typing import Literal

import numpy as np
import numpy.typing as npt

from collector.detect.incident_facts import SLOT_S, BadSlot, Counts, Instants, Series
from collector.detect.rules import Pair, Rule
from schemas.incidents import Severity

RESOLVE_WINDOWS_S = (30, 120, 300, 900, 1800, 3600, 7200, 21600)
QUIET_TIME_S = 6 * 3600
QUIET_UNKNOWN_S = 1800
PAUSE_S = 600
PAUSE_EVIDENCE = 5.0  # more than one bad event by chance says (the likelihood ratio of one is 50 at most)
HOPELESS = 25.0  # so unlikely (e^-25) that nothing further back can belong to it
DETECTION_SLOTS_MAX = 200
SAMPLES_MAX = 5
SHARE_BAD = 10  # so many bad events say what share is bad: more would reach back into the noise before
CHUNK = 2_048

Phase = Literal["open", "no data", "mitigated", "resolved"]


@dataclass(slots=True)
class Stretch:
    """One incident as judged by its own facts. None = not (yet), or not known."""

    opened_s: int
    severity: Severity
    threshold: float
    impact_ms: int
    detected_s: int | None = None
    backfilled: bool = False
    escalated_s: int | None = None
    mitigated_ms: int | None = None
    resolved_s: int | None = None
    reopened_s: list[int] = field(default_factory=list)
    phase: Phase = "open"
    last_bad_ms: int = 0
    bad: int = 0
    total: int = 0
    samples: tuple[str, ...] = ()


def judge_rates(series: Series, rule: Rule, now_s: int, watching_since_s: float = 0) -> list[Stretch]:
    """Return the incidents of a scope in the order of time, as they stand at `now_s`.

    Before `watching_since_s` nobody looked: what happened then is history. Slots that are not over yet wait.
    """
    return _Judge(series, rule, now_s, watching_since_s).judged()


@dataclass(frozen=True, slots=True)
class _Steps:
    """How much more likely one bad, or one good, event is while it fails than otherwise, as logarithms."""

    bad: float
    good: float

    def of(self, bad: float, good: float) -> float:
        """Return by how much so many events speak for failing."""
        return bad * self.bad - good * self.good


class _Judge:
    def __init__(self, series: Series, rule: Rule, now_s: int, watching_since_s: float) -> None:
        self._series = series
        self._rule = rule
        self._now_s = now_s
        self._watching_since_s = watching_since_s
        self._bads = [slot for slot in series.bad if slot.end_s <= now_s]
        self._bad = _counted(self._bads)
        self._total = series.total
        self._after_s = float("-inf")

    def judged(self) -> list[Stretch]:
        found: list[Stretch] = []
        position = 0
        while position < len(self._bads):
            pair = self._true_pair(self._bads[position].end_s)
            if pair is None:
                position += 1
                continue
            position = self._follow(found, position, pair)
        return found

    def _true_pair(self, at_s: int) -> Pair | None:
        true = [pair for pair in self._rule.pairs if self._is_true(pair, at_s, self._bad)]
        return min(true, key=lambda pair: (pair.severity != "page", pair.burn), default=None)

    def _is_true(self, pair: Pair, at_s: int, bad: Counts) -> bool:
        threshold = self._threshold(pair, at_s)
        from_s = max(at_s - pair.long_s, self._after_s)
        bad_long = bad.between(from_s, at_s)
        if bad_long < pair.bad_min:
            return False
        total_long = self._total.between(from_s, at_s)
        from_s = max(at_s - pair.short_s, self._after_s)
        bad_short = bad.between(from_s, at_s)
        if total_long == 0:
            return bad_long >= 2 * pair.bad_min and bad_short > 0
        total_short = self._total.between(from_s, at_s)
        return bad_short > 0 and bad_long >= threshold * total_long and bad_short >= threshold * total_short

    def _threshold(self, pair: Pair, at_s: float) -> float:
        habit = self._rule.habit_times * self._series.habit(at_s)
        return min(0.9, max(pair.burn * self._rule.budget, habit))

    def _follow(self, found: list[Stretch], position: int, pair: Pair) -> int:
        """Open (or reopen) at a slot, find the end, and return the first slot behind it."""
        at_s = self._bads[position].end_s
        threshold = self._threshold(pair, at_s)
        share = self._share(pair, position, threshold)
        last = found[-1] if found else None
        if last and last.resolved_s is not None and at_s - last.resolved_s <= self._rule.reopen_s:
            stretch = last
            stretch.reopened_s.append(at_s)
            stretch.resolved_s = None
        else:
            start = self._start(position, share)
            stretch = Stretch(at_s, pair.severity, threshold, self._bads[start].first_ms)
            self._notice(stretch, start, position)
            found.append(stretch)
        resolved_s = self._resolved(at_s, threshold)
        until_s = self._now_s if resolved_s is None else resolved_s
        stop = bisect_right(self._bads, until_s, key=lambda slot: slot.end_s)
        self._measure(stretch, position, stop, share)
        self._escalate(stretch, position, stop)
        if resolved_s is not None:
            stretch.resolved_s = resolved_s
            stretch.phase = "resolved"
            stretch.mitigated_ms = stretch.last_bad_ms
            self._after_s = resolved_s
        else:
            self._say_how_it_stands(stretch)
        return stop

    def _share(self, pair: Pair, position: int, threshold: float) -> float:
        """Return the bad share of the incident, carefully: by its newest bad events, of the short window at most."""
        at_s = self._bads[position].end_s
        from_s = max(at_s - pair.short_s, self._after_s)
        first, newest = position, self._bads[position].bad
        while newest < SHARE_BAD and first > 0 and self._bads[first - 1].slot_s >= from_s:
            first -= 1
            newest += self._bads[first].bad
        first_s = self._bads[first].slot_s
        total = self._total.between(first_s, at_s)
        share = self._bad.between(first_s, at_s) / total if total else 1.0
        # It was looked at because it was high: taken at its word, the first quieter minute would seem to be the end.
        return min(0.9, max(share / 3, threshold / 2))

    def _steps(self, share: float, at_s: float) -> "_Steps":
        usual = max(self._series.habit(at_s), share / 50, 0.0005)
        return _Steps(log(share / min(usual, share / 2)), -log(1 - min(share, 0.99)))

    def _gap(self, earlier: BadSlot, later: BadSlot) -> float | None:
        """Return how many events went well between two slots; None where they cannot belong together."""
        gap_s = later.slot_s - earlier.end_s
        limit_s = QUIET_TIME_S if self._total.slots_s else QUIET_UNKNOWN_S
        return None if gap_s > limit_s else self._total.between(earlier.end_s, later.slot_s)

    def _good_in(self, slot: BadSlot) -> float:
        return max(0, self._total.between(slot.slot_s, slot.end_s) - slot.bad)

    def _start(self, position: int, share: float) -> int:
        """Walk back to the slot since which failing explains best what is seen; noise before it does not count."""
        steps = self._steps(share, self._bads[position].end_s)
        best, score, best_score = position, 0.0, 0.0
        for index in range(position - 1, -1, -1):
            slot = self._bads[index]
            good = self._gap(slot, self._bads[index + 1])
            if good is None or slot.slot_s < self._after_s or score < best_score - HOPELESS:
                break
            score += steps.of(slot.bad, good + self._good_in(slot))
            if score > best_score:
                best, best_score = index, score
        return best

    def _measure(self, stretch: Stretch, position: int, stop: int, share: float) -> None:
        """Find the slot until which failing explains best what is seen; count what is bad until then."""
        steps = self._steps(share, self._bads[position].end_s)
        best, score, best_score, hurdle = position, 0.0, 0.0, 0.0
        for index in range(position + 1, stop):
            before, slot = self._bads[index - 1], self._bads[index]
            # Behind a long pause it goes on, or it does not: what follows has to speak for itself, by more than one.
            if slot.slot_s - before.end_s > PAUSE_S:
                hurdle = best_score + PAUSE_EVIDENCE
            good = self._total.between(before.end_s, slot.slot_s)
            score += steps.of(slot.bad, good + self._good_in(slot))
            if score > max(best_score, hurdle):
                best, best_score = index, score
        start = bisect_left(self._bads, stretch.impact_ms // 1000 - SLOT_S + 1, key=lambda slot: slot.slot_s)
        run = self._bads[start : best + 1]
        stretch.bad = sum(slot.bad for slot in run)
        stretch.last_bad_ms = max(slot.last_ms for slot in run)
        stretch.total = self._total.between(run[0].slot_s, run[-1].end_s)
        stretch.samples = tuple(slot.sample for slot in run if slot.sample)[:SAMPLES_MAX]

    def _escalate(self, stretch: Stretch, position: int, stop: int) -> None:
        if stretch.severity == "page":
            return
        pages = [pair for pair in self._rule.pairs if pair.severity == "page"]
        for slot in self._bads[position:stop]:
            if any(self._is_true(pair, slot.end_s, self._bad) for pair in pages):
                stretch.severity, stretch.escalated_s = "page", slot.end_s
                return

    def _resolved(self, opened_s: int, threshold: float) -> int | None:
        """Return the first instant at which enough went well, window after window."""
        slots = self._total.slots_s
        first, stop = bisect_right(slots, opened_s - SLOT_S), bisect_right(slots, self._now_s - SLOT_S)
        for begin in range(first, stop, CHUNK):
            ends_s = np.asarray(slots[begin : min(begin + CHUNK, stop)], np.int64) + SLOT_S
            good = self._went_well(ends_s, opened_s, threshold, self._rule.resolve_windows)
            if good.any():
                return int(ends_s[good.argmax()])
        return None

    def _went_well(
        self, ends_s: Instants, opened_s: float, threshold: float, windows: int
    ) -> npt.NDArray[np.bool_]:
        """Return for each instant whether `windows` windows up to it were good, all of them after `opened_s`.

        Their length is the shortest that holds enough events.
        """
        rule = self._rule
        wanted = max(rule.resolve_good_min, min(3 / threshold, rule.resolve_good_max)) / rule.resolve_windows
        good = np.zeros(len(ends_s), np.bool_)
        decided = np.zeros(len(ends_s), np.bool_)
        for length_s in RESOLVE_WINDOWS_S:
            enough = ends_s - windows * length_s >= opened_s
            well = np.ones(len(ends_s), np.bool_)
            for number in range(windows):
                until_s = ends_s - number * length_s
                total = self._total.between_each(until_s - length_s, until_s)
                enough &= total >= wanted
                well &= self._bad.between_each(until_s - length_s, until_s) < threshold / 2 * total
            good |= enough & well & ~decided
            decided |= enough
        return good

    def _say_how_it_stands(self, stretch: Stretch) -> None:
        slots = self._total.slots_s
        until = bisect_right(slots, self._now_s - SLOT_S)
        newest_s = max(stretch.last_bad_ms // 1000, slots[until - 1] if until else 0)
        before = slots[max(0, until - 50) : until]
        usual_gap_s = (before[-1] - before[0]) / (len(before) - 1) if len(before) > 1 else 0.0
        opened_s = stretch.reopened_s[-1] if stretch.reopened_s else stretch.opened_s
        newest = np.asarray(slots[max(0, until - 1) : until], np.int64) + SLOT_S
        good = bool(self._went_well(newest, opened_s, stretch.threshold, 1).any())
        stretch.mitigated_ms = stretch.last_bad_ms if good else None
        stretch.phase = "mitigated" if good else "open"
        if self._now_s - newest_s > max(self._rule.no_data_s, 5 * usual_gap_s):
            stretch.phase = "no data"

    def _notice(self, stretch: Stretch, start: int, position: int) -> None:
        """Say when the rule became true by what had been read: later than in the events' own time, if at all."""
        known_s = self._known_s(start, position)
        is_history = stretch.opened_s < self._watching_since_s or (
            known_s - stretch.opened_s > self._rule.history_s
        )
        stretch.backfilled = is_history
        stretch.detected_s = None if is_history else known_s

    def _known_s(self, start: int, position: int) -> int:
        at_s = self._bads[position].end_s
        if all(slot.seen[-1][0] <= at_s for slot in self._bads[start : position + 1] if slot.seen):
            return at_s
        window_s = max(pair.long_s for pair in self._rule.pairs)
        first = bisect_left(self._bads, at_s - window_s, key=lambda slot: slot.slot_s)
        slots = self._bads[first : first + DETECTION_SLOTS_MAX]
        for known_s in sorted({seen_s for slot in slots for seen_s, _ in slot.seen}):
            known = {slot.slot_s: sum(n for seen_s, n in slot.seen if seen_s <= known_s) for slot in slots}
            bad = Counts(list(known), list(known.values()))
            for slot in slots:
                if (
                    known[slot.slot_s]
                    and slot.slot_s >= self._bads[start].slot_s
                    and any(self._is_true(pair, slot.end_s, bad) for pair in self._rule.pairs)
                ):
                    return max(known_s, slot.end_s)
        return max((slot.seen[-1][0] for slot in slots if slot.seen), default=at_s)


def _counted(slots: list[BadSlot]) -> Counts:
    return Counts([slot.slot_s for slot in slots], [slot.bad for slot in slots])
