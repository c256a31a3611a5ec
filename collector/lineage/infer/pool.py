"""Finds the events of a kind that came before others and share something with them. Pure; near-linear."""

from dataclasses import dataclass

import numpy as np

from collector.lineage.infer.events import NONE, Flags, Frame, Ints


@dataclass(frozen=True)
class Pool:
    """All events that have a value of one join, sorted by value, kind and time."""

    rows: Ints
    places: Ints
    group_of: Ints
    kinds: int
    span: int

    def before(self, rows: Ints, kind: int, latest_rows: Ints, depth: int) -> Ints:
        """Return, for each of `rows`, the latest `depth` events of `kind` with the same value, latest first.

        Those after `latest_rows` (rows of the frame, which are in order of time) are not candidates, nor is the
        event itself. NONE where there are fewer. Shape: (len(rows), depth).
        """
        group = self.group_of[rows]
        start = np.searchsorted(self.places, (group * self.kinds + kind) * self.span)
        stop = np.searchsorted(
            self.places, (group * self.kinds + kind) * self.span + latest_rows, side="right"
        )
        at = stop[:, None] - 1 - np.arange(depth + 1)[None, :]
        usable: Flags = (at >= start[:, None]) & (group != NONE)[:, None]
        found = np.where(usable, self.rows[np.clip(at, 0, len(self.rows) - 1)], NONE)
        return _without_self(found, rows, depth)


def _without_self(found: Ints, rows: Ints, depth: int) -> Ints:
    itself = found == rows[:, None]
    if not itself.any():
        return found[:, :depth]
    order = np.argsort(itself, axis=1, kind="stable")
    found = np.take_along_axis(np.where(itself, NONE, found), order, axis=1)
    return found[:, :depth]


def pool(frame: Frame, join: str) -> Pool:
    """Return the pool of events that have a value of `join`."""
    group = frame.shared[join]
    kinds, span = max(len(frame.kinds), 1), len(frame) + 1
    rows = np.flatnonzero(group != NONE)
    places = (group[rows] * kinds + frame.kind[rows]) * span + rows
    order = np.argsort(places, kind="stable")
    if len(rows) == 0:
        return Pool(np.array([NONE], dtype=np.int64), np.array([-1], dtype=np.int64), group, kinds, span)
    return Pool(rows[order], places[order], group, kinds, span)
