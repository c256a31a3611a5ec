"""Consumer groups with known standstills, as the collector samples them: every 15 s on change, else every five minutes.

Groups commit every second, every few minutes or once an hour; traffic has nights, weekends and pauses; there are
rebalances, times in which a group is too slow but goes on, and times in which nobody sampled. A record that cannot be
read stops one partition of several, or the whole group stops. Standstills shorter than the habit allows are not made:
nobody could tell them from what is usual; nor are those that nobody saw for long enough.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from collector.consume.follow_groups import EVERY_S
from collector.detect.incident_facts import DAY_S
from collector.detect.judge_stalls import Sample
from tests.bench.simulate_incidents import START_S, True_, _season

STEP_S = int(EVERY_S)
WRITTEN_EVERY = 300 // STEP_S
DAY = DAY_S // STEP_S
Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Group:
    """What was seen of a group on a topic, by partition, and what was true; `open_ended`: nobody saw the end."""

    name: str
    topic: str
    partitions: list[list[Sample]]
    truth: list[True_]
    open_ended: set[int]


def simulate_group(lots: np.random.Generator, number: int, days: int) -> Group:
    """Return a group with some standstills, one in about three days at most."""
    times = START_S + STEP_S * np.arange(days * DAY, dtype=np.int64)
    every = int(lots.choice([1, 1, 180 // STEP_S, 3_600 // STEP_S]))
    parts = int(lots.integers(1, 5))
    season = _season(lots, times)
    quiet = _spans(lots, len(times), count=2, minutes=(10, 200))
    seen = ~_spans(lots, len(times), count=3, minutes=(7, 180))
    stops = _spans(
        lots, len(times), count=days, minutes=(0.5, 2.5)
    )  # rebalances: one commit is left out, not two
    slow = _spans(lots, len(times), count=2, minutes=(30, 300))
    rate = 10 ** lots.uniform(-1.5, 1) * STEP_S / parts
    ends = [np.cumsum(np.where(quiet, 0, lots.poisson(rate * season))) for _ in range(parts)]
    commits = [(np.arange(len(times)) % every == int(lots.integers(every))) & ~stops for _ in range(parts)]
    group = Group(f"group-{number}", f"followed-{number}", [], [], set())
    for day in range(2, days - 2, 3):
        if lots.random() < 0.7:
            hurt = range(parts) if lots.random() < 0.5 else [int(lots.integers(parts))]
            _stand_still(
                lots, group, times, [ends[at] for at in hurt], [commits[at] for at in hurt], seen, day, every
            )
    for end, commit in zip(ends, commits, strict=True):
        done = _done(end, slow, max(1, int(rate / 2)))
        committed = done[_last(commit)]
        news = np.diff(committed, prepend=-1) + np.diff(end, prepend=-1) != 0
        kept = seen & (news | (np.arange(len(times)) % WRITTEN_EVERY == 0))
        rows = zip(times[kept].tolist(), committed[kept].tolist(), end[kept].tolist(), strict=True)
        group.partitions.append([Sample(*row) for row in rows])
    return group


def _stand_still(
    lots: np.random.Generator,
    group: Group,
    times: Numbers,
    ends: list[Numbers],
    commits: list[Flags],
    seen: Flags,
    day: int,
    every: int,
) -> None:
    """Take the commits of some partitions away for a while, where it can be told from what is usual."""
    needed = int(1.3 * max(300, 3 * every * STEP_S) / STEP_S) + 8
    start = day * DAY + int(lots.integers(DAY))
    stop = start + int(needed * lots.uniform(1.2, 3))
    first, last, is_remarkable, is_end_seen = len(times), 0, False, True
    for end, commit in zip(ends, commits, strict=True):
        held = commit.copy()
        held[start:stop] = False
        before = int(_last(held)[start])
        waiting = np.flatnonzero(end[before:stop] > end[before])
        if not len(waiting):
            continue
        begin = before + int(waiting[0])
        again = stop + int(np.flatnonzero(commit[stop:])[0])
        looks = np.flatnonzero(seen[begin:again])
        if not len(looks):
            continue
        seen_first, seen_last = begin + int(looks[0]), begin + int(looks[-1])
        if seen_last - seen_first >= needed and end[seen_last - 1] > end[seen_first]:
            is_remarkable = True
            first, last = min(first, begin), max(last, again)
            is_end_seen &= bool(seen[begin - 1 : begin + 2].all()) and bool(seen[again - 1 : again + 1].all())
    if not is_remarkable:
        return
    for commit in commits:
        commit[start:stop] = False
    if not is_end_seen:
        group.open_ended.add(len(group.truth))
    first_ms = int(times[first]) * 1_000 - int(lots.integers(STEP_S * 1_000))
    group.truth.append(True_("consumer_stalled", group.topic, first_ms, int(times[last]) * 1_000, 0))


def _spans(lots: np.random.Generator, length: int, *, count: int, minutes: tuple[float, float]) -> Flags:
    found = np.zeros(length, np.bool_)
    for _ in range(count):
        start = int(lots.integers(DAY, length))
        found[start : start + max(1, int(lots.uniform(*minutes) * 60 / STEP_S))] = True
    return found


def _done(end: Numbers, slow: Flags, capacity: int) -> Numbers:
    """Return what is read: all there is, or so much in a step while the group is too slow."""
    done = end.copy()
    for at in np.flatnonzero(slow[1:]) + 1:
        done[at] = min(end[at], done[at - 1] + capacity)
    return done


def _last(commit: Flags) -> Numbers:
    found: Numbers = np.maximum.accumulate(np.where(commit, np.arange(len(commit)), 0))
    return found
