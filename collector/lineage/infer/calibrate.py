"""Turns scores into shares that are right: of the edges given c, a share c is right. Pure."""

from dataclasses import dataclass

import numpy as np

from collector.lineage.infer.events import Flags, Floats, Ints

SURE_MAX = 0.995
SAMPLES_MIN = 50
BINS = 10

RULES = {
    # What of the guesses by each rule was right in the development half of the traces in tests/bench/infer_nezha.py,
    # Online Boutique and Train Ticket weighted alike, or, for necessary predecessors, in runs of the demo.
    "read last": 0.99,
    "first step": 0.99,
    "flat": 0.97,
    "shell": 0.97,
    "loop": 0.95,
    "step before": 0.91,
    "top of the work": 0.89,
    "span, the only one": 0.98,
    "span, the closest one": 0.9,
    "trace, the only one": 0.97,
    "trace, the closest one": 0.7,
    "correlation, the only one": 0.95,
    "correlation, the closest one": 0.7,
    "key, the only one": 0.92,
    "key, the closest one": 0.65,
}


@dataclass(frozen=True)
class Curve:
    """A monotone curve from raw to calibrated confidence; `at` ascends."""

    at: Floats
    value: Floats

    def __call__(self, raw: Floats) -> Floats:
        """Return the calibrated confidence of each."""
        calibrated: Floats = np.interp(raw, self.at, self.value)
        return calibrated


IDENTITY = Curve(np.array([0.0, 1.0]), np.array([0.0, SURE_MAX]))


def fit(raw: Floats, right: Flags) -> Curve:
    """Return the isotonic curve through what hidden edges showed; IDENTITY where they are too few."""
    if len(raw) < SAMPLES_MIN:
        return IDENTITY
    order = np.argsort(raw, kind="stable")
    blocks: list[tuple[float, float, float]] = []  # right ones, all, sum of raw
    for value, good in zip(raw[order].tolist(), right[order].tolist(), strict=True):
        blocks.append((float(good), 1.0, value))
        while len(blocks) > 1 and blocks[-2][0] * blocks[-1][1] >= blocks[-1][0] * blocks[-2][1]:
            last = blocks.pop()
            before = blocks.pop()
            blocks.append((before[0] + last[0], before[1] + last[1], before[2] + last[2]))
    at = np.array([block[2] / block[1] for block in blocks])
    value = np.array(
        [(right + 1) / (seen + 2) if seen < SAMPLES_MIN else right / seen for right, seen, _ in blocks]
    )
    return Curve(at, np.minimum(np.maximum.accumulate(value), SURE_MAX))


def rule_share(rule: str, right: int = 0, seen: int = 0) -> float:
    """Return how often a rule is right: as known beforehand, corrected by what hidden edges showed."""
    weight = 20.0
    return min((RULES[rule] * weight + right) / (weight + seen), SURE_MAX)


def expected_error(confidence: Floats, right: Flags) -> float:
    """Return the expected calibration error over ten equal bins of confidence; 0 for no edges."""
    if len(confidence) == 0:
        return 0.0
    bins = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
    error = 0.0
    for number in np.unique(bins):
        inside = bins == number
        error += abs(float(confidence[inside].mean()) - float(right[inside].mean())) * float(inside.mean())
    return error


CROWDING = 0.45
RIVALRY = 0.3
"""Measured on Online Boutique without trace ids at 1 to 13 traces at once, see tests/bench/infer_nezha.py."""


def right_works(rivals: Ints) -> Floats:
    """Return how often the work that was begun last is the right one, where nothing but time tells works apart.

    `rivals` says for each guess how many works its service had possibly begun and not ended.
    """
    if len(rivals) == 0:
        return np.zeros(0)
    share = 1 / (1 + RIVALRY * (rivals - 1))
    crowd = 1 / (1 + CROWDING * (float(rivals.mean()) - 1) ** 2)
    right: Floats = np.minimum(share / share.mean() * crowd, 1.0)
    return right
