"""What services do for an event that they read, learned from order and time alone, without any evidence.

A *work* is the stretch of a group (a trace) from an event that a service reads from another one, its *entry*, to the
next such event: it holds the events that this service writes to itself. Events to other services hang below the
latest event of the work; what hangs below what inside is decided by habits that hold over all works with one kind of
entry:

- a kind that directly leads to another service's entry is a *call*: it has no other effects;
- a kind that often is the last of a work is a *leaf*;
- a cause is nearly always followed by its effect;
- what occurs again and again in one work was brought about by something at its top, not by what happened before it,
  unless it is only the shell of the next step (then the time to that step is short against the rest of the round);
- two steps alone are peers.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from collector.lineage.infer.events import NONE, Frame, Ints

FOLLOWED_SHARE = 0.9
"""A cause is followed by its effect in at least this share of works."""
CALL_SHARE = 0.5
LEAF_SHARE = 0.1
SHELL_SHARE = 0.5
"""A shell's time to its content is less than this share of the rest of the round."""
FLAT_STEPS = 2
"""Works of no more steps than this are flat."""
STEPS_MAX = 512
"""So many steps of one work are learned from."""


class Guess(NamedTuple):
    """The cause of an event, as a row of the frame, and the rule that chose it."""

    cause: int
    rule: str


class Works(NamedTuple):
    """Steps by the entry of their work, and for each event that leaves its service the event read before it.

    `sure` has the probability that a row is in the right work, where that is in doubt.
    """

    steps: dict[int, list[int]]
    latest: dict[int, int]
    sure: dict[int, float]


@dataclass
class _Learned:
    """Counts over all works whose entry is of one kind."""

    works: int = 0
    occurs: Counter[int] = field(default_factory=Counter)
    works_with: Counter[int] = field(default_factory=Counter)
    works_with_many: Counter[int] = field(default_factory=Counter)
    followed: dict[int, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    before: dict[int, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    direct: dict[int, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    gaps: dict[tuple[int, int], list[float]] = field(default_factory=lambda: defaultdict(list))
    rests: dict[tuple[int, int], list[float]] = field(default_factory=lambda: defaultdict(list))
    firsts: Counter[int] = field(default_factory=Counter)
    steps: list[int] = field(default_factory=list)


def guess_by_works(frame: Frame, split: Works) -> dict[int, Guess]:
    """Return a guess for each event whose producing service read something before it. Linear in events."""
    works, latest = split.steps, split.latest
    calls = _calls(frame, latest)
    last, occurs = Counter[int](), Counter[int](frame.kind.tolist())
    learned: dict[int, _Learned] = defaultdict(_Learned)
    for entry, steps in works.items():
        rows = [entry, *steps]
        last[int(frame.kind[rows[-1]])] += 1
        _learn(learned[int(frame.kind[entry])], frame, rows[:STEPS_MAX])
    leaves = {kind for kind, count in last.items() if count > LEAF_SHARE * occurs[kind]}
    guesses = {row: Guess(cause, "read last") for row, cause in latest.items()}
    for entry, steps in works.items():
        chooser = _Chooser(int(frame.kind[entry]), learned[int(frame.kind[entry])], calls, leaves)
        guesses.update(chooser.choose(frame, entry, steps))
    return guesses


def split(frame: Frame, group: Ints) -> Works:
    """Return the works inside groups, such as traces; `group` numbers them (NONE = in no group).

    Needs to know who reads what: `frame.reader`.
    """
    works: dict[int, list[int]] = {}
    latest: dict[int, int] = {}
    entry_of: dict[tuple[int, int], int] = {}
    read_last: dict[tuple[int, int], int] = {}
    rows = zip(group.tolist(), frame.producer.tolist(), frame.reader.tolist(), strict=True)
    for row, (in_group, producer, reader) in enumerate(rows):
        if in_group == NONE:
            continue
        writing = in_group, producer
        if producer != NONE and not frame.root[row]:
            entry = entry_of.get(writing)
            if producer == reader and entry is not None:
                works[entry].append(row)
            elif writing in read_last:
                latest[row] = read_last[writing]
        if producer != reader:
            entry_of[in_group, reader] = row
            works[row] = []
        read_last[in_group, reader] = row
    return Works(works, latest, {})


def _calls(frame: Frame, latest: dict[int, int]) -> set[int]:
    occurs, calling = Counter[int](frame.kind.tolist()), Counter[int]()
    for cause in latest.values():
        if frame.producer[cause] == frame.reader[cause]:
            calling[int(frame.kind[cause])] += 1
    return {kind for kind, count in calling.items() if count > CALL_SHARE * occurs[kind]}


def _learn(learned: _Learned, frame: Frame, rows: list[int]) -> None:
    kinds = frame.kind[rows].tolist()
    times = frame.time[rows].tolist()
    learned.works += 1
    learned.steps.append(len(rows) - 1)
    if len(kinds) > 1:
        learned.firsts[kinds[1]] += 1
    for kind, count in Counter(kinds[1:]).items():
        learned.works_with[kind] += 1
        learned.works_with_many[kind] += count > 1
    later: set[int] = set()
    for kind in reversed(kinds):
        for effect in later:
            learned.followed[kind][effect] += 1
        later.add(kind)
    earlier: set[int] = set()
    followers: dict[int, dict[int, float]] = defaultdict(dict)
    for place, kind in enumerate(kinds):
        learned.occurs[kind] += 1
        for effect, at in followers.pop(kind, {}).items():
            learned.rests[kind, effect].append(times[place] - at)
        if place:
            followers[kinds[place - 1]][kind] = times[place]
            learned.direct[kind][kinds[place - 1]] += 1
            learned.gaps[kinds[place - 1], kind].append(times[place] - times[place - 1])
            for cause in earlier:
                learned.before[kind][cause] += 1
        earlier.add(kind)


class _Chooser:
    """Decides inside the works with one kind of entry."""

    def __init__(self, entry: int, learned: _Learned, calls: set[int], leaves: set[int]) -> None:
        self._entry = entry
        self._learned = learned
        self._calls = calls
        self._leaves = leaves
        first = learned.firsts.most_common(1)
        self._first = first[0][0] if first else entry
        self._flat = bool(learned.steps) and float(np.median(learned.steps)) <= FLAT_STEPS

    def choose(self, frame: Frame, entry: int, steps: list[int]) -> Iterator[tuple[int, Guess]]:
        """Yield a guess for each step."""
        last: dict[int, int] = {}
        kinds = frame.kind[steps].tolist()
        for place, (row, kind) in enumerate(zip(steps, kinds, strict=True)):
            before = kinds[place - 1] if place else self._entry
            if place == 0:
                yield row, Guess(entry, "first step")
            elif self._loops(kind):
                shell = self._is_shell(before, kind)
                yield (
                    row,
                    Guess(steps[place - 1], "shell")
                    if shell
                    else Guess(self._hub(kind, last, entry), "loop"),
                )
            elif self._flat and kind not in self._calls:
                yield row, Guess(entry, "flat")
            elif self._may_be_cause(before, kind):
                yield row, Guess(steps[place - 1], "step before")
            elif self._flat:
                yield row, Guess(entry, "flat")
            else:
                yield row, Guess(self._hub(kind, last, entry), "top of the work")
            last[kind] = row

    def _loops(self, kind: int) -> bool:
        return self._learned.works_with_many[kind] > 0.5 * self._learned.works_with[kind]

    def _hub(self, kind: int, last: dict[int, int], entry: int) -> int:
        """Return the first step of the work where that can be a cause of more than one, else the entry."""
        learned, first = self._learned, self._first
        usable = (
            first not in (kind, *self._calls)
            and first not in self._leaves
            and not self._loops(first)
            and learned.before[kind][first] >= FOLLOWED_SHARE * learned.occurs[kind]
        )
        return last.get(first, entry) if usable else entry

    def _is_shell(self, cause: int, effect: int) -> bool:
        """Whether `cause` is repeated just as `effect` is and little time passes between them."""
        learned = self._learned
        if not self._may_be_cause(cause, effect) or cause == self._entry or not self._loops(cause):
            return False
        if learned.direct[effect][cause] < FOLLOWED_SHARE * learned.occurs[effect]:
            return False
        inner = float(np.median(learned.gaps[cause, effect]))
        rests = learned.rests.get((cause, effect), [])
        return len(rests) > 0 and inner < SHELL_SHARE * float(np.median(rests))

    def _may_be_cause(self, cause: int, effect: int) -> bool:
        learned = self._learned
        return cause == self._entry or (
            cause not in (effect, *self._calls)
            and cause not in self._leaves
            and learned.followed[cause][effect] >= FOLLOWED_SHARE * learned.occurs[cause]
        )
