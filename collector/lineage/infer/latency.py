"""How long an effect comes after its cause: a histogram over the logarithm of the time, smoothed. Pure."""

from collections.abc import Sequence

import numpy as np

from collector.lineage.infer.events import Floats, Ints

FLOOR_MS = 0.01
"""Times below this, also negative ones (clocks differ), count as this."""
BINS_PER_DOUBLING = 2
BINS = 80
"""Up to about 120 days."""
_KERNEL = np.array([0.25, 0.5, 0.25])
_EVERYWHERE = 1e-4
"""The share of probability that is spread over all times, so that nothing is impossible."""

BIN_EDGES_MS = FLOOR_MS * np.exp2(np.arange(BINS + 1) / BINS_PER_DOUBLING)


def bins_of(latency_ms: Floats) -> Ints:
    """Return the bin of each time."""
    clipped = np.maximum(latency_ms, FLOOR_MS)
    bins: Ints = np.clip(np.log2(clipped / FLOOR_MS) * BINS_PER_DOUBLING, 0, BINS - 1).astype(np.int64)
    return bins


def histogram(latency_ms: Floats, weights: Floats | None = None) -> Floats:
    """Return how many times fall into each bin."""
    counts: Floats = np.bincount(bins_of(latency_ms), weights=weights, minlength=BINS).astype(np.float64)
    return counts


def log_density(counts: Floats) -> Floats:
    """Return the logarithm of the density per millisecond in each bin, smoothed over neighbours."""
    smooth = np.convolve(counts + 1e-9, _KERNEL, mode="same")
    share = smooth / smooth.sum() * (1 - _EVERYWHERE) + _EVERYWHERE / BINS
    density: Floats = np.log(share / np.diff(BIN_EDGES_MS))
    return density


def quantiles(counts: Floats, shares: Sequence[float]) -> list[float]:
    """Return the times in ms below which these shares lie; within a bin as if evenly spread over its logarithm."""
    total = counts.sum()
    if total <= 0:
        return [0.0 for _ in shares]
    cumulated = np.concatenate([[0.0], np.cumsum(counts)]) / total
    places = np.interp(shares, cumulated, np.arange(BINS + 1))
    return [float(FLOOR_MS * 2 ** (place / BINS_PER_DOUBLING)) for place in places]
