"""The facts that incidents are judged by, in memory: bad events and all events of a scope, in slots of ten seconds.

Times are seconds since 1970 where a name ends in `_s`, milliseconds where it ends in `_ms`.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from statistics import median

import numpy as np
import numpy.typing as npt

from schemas.incidents import IncidentKind

Instants = npt.NDArray[np.int64]

SLOT_S = 10
DAY_S = 86_400
HABIT_DAYS = 14
_DAY_TOTAL_MIN = 50
_HABIT_DAYS_MIN = 3


@dataclass(frozen=True, slots=True)
class Scope:
    """What an incident is about: the unit in which it is counted, opened and kept apart from others."""

    kind: IncidentKind
    topic: str
    service: str = ""
    consumer_group: str = ""

    @property
    def text(self) -> str:
        """Return the scope as it is stored; parts are from the wire."""
        return " · ".join((self.topic, self.consumer_group or self.service))


@dataclass(frozen=True, slots=True)
class BadSlot:
    """Bad events of one slot. `seen` says when they were read: (end of that slot, how many), ascending."""

    slot_s: int
    bad: int
    first_ms: int
    last_ms: int
    seen: tuple[tuple[int, int], ...]
    sample: str = ""

    @property
    def end_s(self) -> int:
        """The instant at which the slot can be judged."""
        return self.slot_s + SLOT_S


@dataclass(frozen=True)
class Counts:
    """How much there was in each slot, slots ascending; sums of any window in logarithmic time."""

    slots_s: Sequence[int] = ()
    counts: Sequence[int] = ()
    sums: Sequence[int] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sums", [0, *accumulate(self.counts)])

    def between(self, from_s: float, until_s: float) -> int:
        """Return how much there was in slots that begin in [from, until)."""
        if until_s <= from_s:
            return 0
        return self.sums[bisect_left(self.slots_s, until_s)] - self.sums[bisect_left(self.slots_s, from_s)]

    def between_each(self, from_s: Instants, until_s: Instants) -> Instants:
        """Return the same for many windows at once."""
        slots, sums = self._arrays
        found: Instants = sums[np.searchsorted(slots, until_s)] - sums[np.searchsorted(slots, from_s)]
        return found

    @cached_property
    def _arrays(self) -> tuple[Instants, Instants]:
        return np.asarray(self.slots_s, np.int64), np.asarray(self.sums, np.int64)


@dataclass(frozen=True)
class Series:
    """All that is known of a scope in a span of time. `days` has (bad, total) of whole days before and in it."""

    scope: Scope
    bad: Sequence[BadSlot]
    total: Counts
    days: dict[int, tuple[int, int]] = field(default_factory=dict)

    def habit(self, at_s: float) -> float:
        """Return the bad share that is usual: the median of up to 14 days before; 0 where there are too few."""
        today = int(at_s // DAY_S)
        shares = [
            bad / total
            for day in range(today - HABIT_DAYS, today)
            for bad, total in (self.days.get(day, (0, 0)),)
            if total >= _DAY_TOTAL_MIN
        ]
        return median(shares) if len(shares) >= _HABIT_DAYS_MIN else 0.0


def counts_of(slots: dict[int, int]) -> Counts:
    """Return counts from a mapping of slots to numbers."""
    ordered = sorted(slots)
    return Counts(ordered, [slots[slot] for slot in ordered])
