"""What kinds of events usually cause what kinds, after how long, and what both share: learned from edges. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from collector.lineage.infer.events import JOINS, NONE, Floats, Frame, Ints, Kind
from collector.lineage.infer.latency import bins_of, histogram, log_density, quantiles
from collector.lineage.infer.pool import Pool, pool

DEPTH = {"span": 4, "trace": 16, "correlation": 16, "key": 16, "time": 48}
"""So many events of a kind before the effect are candidates, by what they share with it."""
SKEW_MS = 50.0
"""Clocks may differ by this much."""
JOIN_SHARE_MIN = 0.05
CAUSES_MAX = 16
"""Kinds of causes per kind of effect: the most frequent ones."""
PRIOR = 0.5


@dataclass
class Habit:
    """Events of kind `effect` were caused by events of kind `cause` so many times (`weight`), sharing `join`.

    `latency` counts times by bin; `ranks[k]` counts how often the cause was the k-th latest of its kind, its last
    field those that were older; `at_most` effects of this kind come from one cause in nearly all cases.
    """

    effect: Kind
    cause: Kind
    join: str
    weight: float
    latency: Floats
    ranks: Floats
    at_most: int

    def latency_ms(self) -> tuple[float, float]:
        """Return the median and the 90th percentile."""
        median, high = quantiles(self.latency, (0.5, 0.9))
        return median, high


Habits = Mapping[Kind, Sequence[Habit]]
"""By kind of effect."""


def pools(frame: Frame) -> dict[str, Pool]:
    """Return a pool per join that any event has a value of."""
    return {join: pool(frame, join) for join in JOINS if (frame.shared[join] != NONE).any()}


def latest_rows(frame: Frame, rows: Ints) -> Ints:
    """Return the last row of the frame that may still be a cause of each of `rows`: clocks differ."""
    return np.searchsorted(frame.time, frame.time[rows] + SKEW_MS, side="right").astype(np.int64) - 1


def learn(
    frame: Frame,
    effects: Ints,
    causes: Ints,
    weights: Floats | None = None,
    among: Mapping[str, Pool] | None = None,
) -> Habits:
    """Return the habits that these edges (rows of the frame) show."""
    among = among if among is not None else pools(frame)
    weights = weights if weights is not None else np.ones(len(effects))
    shared = np.full(len(effects), len(JOINS) - 1, dtype=np.int64)
    for number, join in reversed(list(enumerate(JOINS[:-1]))):
        values = frame.shared[join]
        shared[(values[effects] == values[causes]) & (values[effects] != NONE)] = number
    kinds = len(frame.kinds)
    code = (frame.kind[effects] * kinds + frame.kind[causes]) * len(JOINS) + shared
    found: dict[Kind, list[Habit]] = defaultdict(list)
    order = np.argsort(code, kind="stable")
    splits = np.flatnonzero(np.diff(code[order])) + 1
    for part in np.split(order, splits) if len(order) else []:
        join = JOINS[int(shared[part[0]])]
        habit = _habit(frame, effects[part], causes[part], weights[part], join, among[join])
        found[habit.effect].append(habit)
    return {kind: _most_frequent(habits) for kind, habits in found.items()}


def merged(*many: Habits) -> Habits:
    """Return the habits of several lots of edges together."""
    together: dict[tuple[Kind, Kind, str], Habit] = {}
    for habit in (habit for habits in many for some in habits.values() for habit in some):
        key = habit.effect, habit.cause, habit.join
        other = together.get(key)
        together[key] = (
            habit
            if other is None
            else Habit(
                habit.effect,
                habit.cause,
                habit.join,
                other.weight + habit.weight,
                other.latency + habit.latency,
                other.ranks + habit.ranks,
                max(other.at_most, habit.at_most),
            )
        )
    found: dict[Kind, list[Habit]] = defaultdict(list)
    for habit in together.values():
        found[habit.effect].append(habit)
    return {kind: _most_frequent(habits) for kind, habits in found.items()}


def _most_frequent(habits: Iterable[Habit]) -> list[Habit]:
    ordered = sorted(habits, key=lambda habit: -habit.weight)
    total = sum(habit.weight for habit in ordered)
    return [habit for habit in ordered[:CAUSES_MAX] if habit.weight >= JOIN_SHARE_MIN / 10 * total]


def _habit(frame: Frame, effects: Ints, causes: Ints, weights: Floats, join: str, among: Pool) -> Habit:
    depth = DEPTH[join]
    cause_kind = int(frame.kind[causes[0]])
    candidates = among.before(effects, cause_kind, latest_rows(frame, effects), depth)
    hit = candidates == causes[:, None]
    rank = np.where(hit.any(axis=1), hit.argmax(axis=1), depth)
    per_cause = np.unique(causes, return_counts=True)[1]
    return Habit(
        effect=frame.kinds[int(frame.kind[effects[0]])],
        cause=frame.kinds[cause_kind],
        join=join,
        weight=float(weights.sum()),
        latency=histogram(frame.time[effects] - frame.time[causes], weights),
        ranks=np.bincount(rank, weights=weights, minlength=depth + 1).astype(np.float64),
        at_most=int(np.quantile(per_cause, 0.98, method="lower")),
    )


@dataclass(frozen=True)
class Scored:
    """Candidates of the events `effects`: rows of the frame (NONE = none), logarithmic scores, and by which habit.

    Shape of the last three: (len(effects), candidates).
    """

    effects: Ints
    causes: Ints
    scores: Floats
    habit: Ints
    habits: Sequence[Habit]


def score(
    frame: Frame,
    effects: Ints,
    habits: Sequence[Habit],
    kind_of: Mapping[Kind, int],
    among: Mapping[str, Pool],
) -> Scored:
    """Return every candidate for the cause of `effects`, which are all of one kind, by these habits."""
    total = sum(habit.weight for habit in habits)
    latest = latest_rows(frame, effects)
    causes, scores, numbers = [], [], []
    for number, habit in enumerate(habits):
        kind = kind_of.get(habit.cause)
        if kind is None or habit.join not in among:
            continue
        found = among[habit.join].before(effects, kind, latest, DEPTH[habit.join])
        times = frame.time[effects][:, None] - frame.time[np.maximum(found, 0)]
        rank = (habit.ranks + PRIOR / len(habit.ranks)) / (habit.ranks.sum() + PRIOR)
        value = np.log((habit.weight + PRIOR) / (total + PRIOR * len(habits)))
        value = value + np.log(rank[: found.shape[1]])[None, :] + log_density(habit.latency)[bins_of(times)]
        causes.append(found)
        scores.append(np.where(found == NONE, -np.inf, value))
        numbers.append(np.full(found.shape, number, dtype=np.int64))
    if not causes:
        nothing = np.empty((len(effects), 0))
        return Scored(effects, nothing.astype(np.int64), nothing, nothing.astype(np.int64), habits)
    return Scored(effects, np.hstack(causes), np.hstack(scores), np.hstack(numbers), habits)
