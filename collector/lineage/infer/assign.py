"""Chooses among candidates: one cause per effect, no more effects per cause than usual. Pure."""

from dataclasses import dataclass

import numpy as np

from collector.lineage.infer.events import NONE, Flags, Floats, Ints
from collector.lineage.infer.habits import Scored

ROUNDS_MAX = 8
TAKEN = -6.0
"""What it costs (in natural logarithms) to be one effect more than a cause usually has."""


@dataclass(frozen=True)
class Chosen:
    """For each effect: which of its candidates (NONE = none), and the share of probability of every candidate."""

    column: Ints
    shares: Floats


def assign(scored: Scored) -> Chosen:
    """Return the likeliest cause of each effect, given that causes have no more effects of a kind than usual.

    Where more effects want a cause than it usually has, those that it suits best keep it, and the others look
    again: a few rounds, each linear in the candidates.
    """
    scores = scored.scores.copy()
    count, width = scores.shape
    if width == 0:
        return Chosen(np.full(count, NONE, dtype=np.int64), scores)
    at_most = np.array([habit.at_most for habit in scored.habits], dtype=np.int64)
    everyone = np.arange(count)
    refused: Flags = np.zeros(scores.shape, dtype=np.bool_)
    best = scores.argmax(axis=1)
    for _ in range(ROUNDS_MAX):
        best = scores.argmax(axis=1)
        wanted = scored.causes[everyone, best]
        margin = _margin(scores, best)
        over = _too_many(wanted, margin, at_most[scored.habit[everyone, best]])
        over &= np.isfinite(scores[everyone, best]) & ~refused[everyone, best]
        if not over.any():
            break
        refused[everyone[over], best[over]] = True
        scores[everyone[over], best[over]] += TAKEN
    found = np.isfinite(scores[everyone, best])
    return Chosen(np.where(found, best, NONE), _softmax(scores))


def _margin(scores: Floats, best: Ints) -> Floats:
    """Return how much each would lose by its second choice."""
    if scores.shape[1] == 1:
        return np.full(len(scores), np.inf)
    second = np.partition(scores, -2, axis=1)[:, -2]
    first = scores[np.arange(len(scores)), best]
    with np.errstate(invalid="ignore"):
        return np.where(np.isfinite(second), first - second, np.inf)


def _too_many(wanted: Ints, margin: Floats, at_most: Ints) -> Flags:
    """Mark those that come too late in the queue for the cause that they want."""
    order = np.lexsort((-margin, wanted))
    queue = wanted[order]
    start = np.concatenate([[0], np.flatnonzero(np.diff(queue)) + 1])
    place = np.arange(len(queue)) - np.repeat(start, np.diff(np.concatenate([start, [len(queue)]])))
    over: Flags = np.zeros(len(wanted), dtype=np.bool_)
    over[order] = place >= at_most[order]
    late: Flags = over & (wanted != NONE)
    return late


def _softmax(scores: Floats) -> Floats:
    top = scores.max(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        power = np.where(np.isfinite(scores), np.exp(scores - np.where(np.isfinite(top), top, 0)), 0)
    total = power.sum(axis=1, keepdims=True)
    shares: Floats = power / np.where(total > 0, total, 1)
    return shares
