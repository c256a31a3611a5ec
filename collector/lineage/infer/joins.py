"""Which kind of event causes which, learned from what events share and from order and time, without any evidence.

The cause of a kind of event is its closest necessary predecessor: the kind that nearly always stands before it with
the same trace, correlation id or key, and of those the one that stands closest. A kind without one begins things.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from collector.lineage.infer.events import NONE, Floats, Frame, Ints
from collector.lineage.infer.pool import Pool

NECESSARY_SHARE = 0.8
SOON_SHARE = 0.2
"""What shares a value that comes again and again has to follow in less than this share of the usual pause."""
LATE = 8.0
"""What comes so many times later than usual may have another cause."""
SAMPLE = 2_000
EVENTS_MIN = 4
KINDS_MAX = 400


class Learned(NamedTuple):
    """Edges to learn habits from: rows of the frame; and by kind of effect how the guess came about, a rule."""

    effects: Ints
    causes: Ints
    rules: dict[int, str]


def learn_by_joins(frame: Frame, among: Mapping[str, Pool], kinds: Ints) -> Learned:
    """Return what are likely edges to events of these kinds. Kinds that seem to begin things have none."""
    effects: list[Ints] = []
    causes: list[Ints] = []
    rules: dict[int, str] = {}
    counts = np.bincount(frame.kind, minlength=len(frame.kinds))
    usual = np.argsort(-counts)[:KINDS_MAX]
    for kind in kinds.tolist():
        rows = np.flatnonzero((frame.kind == kind) & ~frame.root)[-SAMPLE:]
        if len(rows) < EVENTS_MIN:
            continue
        necessary = sorted(_predecessors(frame, among, rows, kind, usual), key=lambda one: one[0])
        if necessary:
            (rank, _), found = necessary[0]
            rivals = sum(other == rank for (other, _), _ in necessary)
            rules[kind] = f"{list(among)[rank]}, the {'only' if rivals == 1 else 'closest'} one"
            found = _with_second(frame, among, rows, kind, usual, rank, found)
            effects.append(rows[found != NONE])
            causes.append(found[found != NONE])
    if not effects:
        return Learned(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), {})
    return Learned(np.concatenate(effects), np.concatenate(causes), rules)


def _predecessors(
    frame: Frame, among: Mapping[str, Pool], rows: Ints, kind: int, usual: Ints
) -> Iterator[tuple[tuple[int, float], Ints]]:
    """Yield necessary predecessors with a rank: what says most first, then what is closest."""
    latest = rows - 1  # to learn from: what stands before it without a doubt
    for rank, (join, pool) in enumerate(among.items()):
        if join == "time" or (frame.shared[join][rows] != NONE).mean() < NECESSARY_SHARE:
            continue
        for cause in usual.tolist():
            if cause == kind or not frame.may_cause(cause, kind):
                continue
            found = pool.before(rows, cause, latest, 2)
            if (found[:, 0] != NONE).mean() >= NECESSARY_SHARE and _soon(frame.time, rows, found):
                gaps = frame.time[rows] - frame.time[np.maximum(found[:, 0], 0)]
                yield (rank, float(np.median(gaps[found[:, 0] != NONE]))), found[:, 0]


def _with_second(
    frame: Frame, among: Mapping[str, Pool], rows: Ints, kind: int, usual: Ints, rank: int, found: Ints
) -> Ints:
    """Give those that come far later than usual a cause of another kind, if one of their own stands closer to all.

    A service that reads two topics writes the same kind of event for both.
    """
    gaps = np.where(found != NONE, frame.time[rows] - frame.time[np.maximum(found, 0)], np.inf)
    late = gaps > LATE * np.median(gaps[found != NONE])
    if late.sum() < EVENTS_MIN:
        return found
    others = [
        one
        for one in _predecessors(frame, among, rows[late], kind, usual)
        if one[0][0] == rank and one[0][1] < np.median(gaps[late]) / LATE
    ]
    if others:
        found = found.copy()
        closer = min(others, key=lambda one: one[0])[1]
        found[late] = np.where(closer != NONE, closer, found[late])
    return found


def _soon(time: Floats, rows: Ints, found: Ints) -> bool:
    """Whether effects follow sooner than chance would have it, where causes of one value come again and again."""
    both = (found[:, 0] != NONE) & (found[:, 1] != NONE)
    if both.mean() < 0.5:
        return True
    gap = time[rows[both]] - time[found[both, 0]]
    pause = time[found[both, 0]] - time[found[both, 1]]
    return float(np.median(gap)) < SOON_SHARE * float(np.median(pause))
