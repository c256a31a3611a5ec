"""Real traces with known trees (Nezha, MIT licence, see tests/data/nezha): one span is one event."""

import csv
import gzip
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from collector.lineage.infer import NONE, Events, Flags, Ints


@dataclass(frozen=True)
class Traces:
    """`cause` is the row of the true cause of each event, NONE for roots; `trace` numbers the traces by their start."""

    events: Events
    cause: Ints
    trace: Ints
    span_ids: list[str]
    trace_ids: list[str]

    @property
    def effects(self) -> Flags:
        """Mark the events that have a cause."""
        caused: Flags = self.cause != NONE
        return caused


def read(path: Path, part: tuple[int, int] = (0, 1)) -> Traces:
    """Read a file of spans, or one of several stretches of it with as many traces each.

    The producing service is the parent's service, the reading one the span's own.
    """
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        spans = list(csv.DictReader(file))
    spans = _stretch(spans, *part)
    row_of = {span["span_id"]: row for row, span in enumerate(spans)}
    cause = np.array(
        [row_of[span["parent_span_id"]] if span["parent_span_id"] else NONE for span in spans], dtype=np.int64
    )
    services = [span["service"] for span in spans]
    start = np.array([int(span["start_ns"]) for span in spans], dtype=np.int64)
    events = Events(
        time_ms=(start - start.min()) / 1e6,
        topic=[span["operation"] for span in spans],
        producer=[services[row] if row != NONE else "" for row in cause.tolist()],
        reader=services,
        trace=[span["trace_id"] for span in spans],
        root=cause == NONE,
    )
    return Traces(events, cause, _numbers(events), [span["span_id"] for span in spans], list(events.trace))


def _stretch(spans: list[dict[str, str]], number: int, of: int) -> list[dict[str, str]]:
    begun: dict[str, int] = {}
    for span in spans:
        begun[span["trace_id"]] = min(begun.get(span["trace_id"], 2**63), int(span["start_ns"]))
    traces = sorted(begun, key=lambda trace: begun[trace])
    kept = set(traces[len(traces) * number // of : len(traces) * (number + 1) // of])
    return [span for span in spans if span["trace_id"] in kept]


def _numbers(events: Events) -> Ints:
    first: dict[str, float] = {}
    for trace, at in zip(events.trace, np.asarray(events.time_ms).tolist(), strict=True):
        first[trace] = min(first.get(trace, np.inf), at)
    number = {trace: place for place, trace in enumerate(sorted(first, key=lambda trace: first[trace]))}
    return np.array([number[trace] for trace in events.trace], dtype=np.int64)


def without_traces(traces: Traces, load: float = 1.0) -> Events:
    """Return the events with a trace id of their own each, and traces starting `load` times as close together."""
    time = np.asarray(traces.events.time_ms)
    first = np.full(int(traces.trace.max()) + 1, np.inf)
    np.minimum.at(first, traces.trace, time)
    begun = first[traces.trace]
    return replace(traces.events, trace=traces.span_ids, time_ms=time - begun + begun / load)


def concurrency(traces: Traces, events: Events) -> float:
    """Return how many traces are going on when an event comes, in the median."""
    time = np.asarray(events.time_ms)
    count = int(traces.trace.max()) + 1
    first, last = np.full(count, np.inf), np.full(count, -np.inf)
    np.minimum.at(first, traces.trace, time)
    np.maximum.at(last, traces.trace, time)
    active = np.searchsorted(np.sort(first), time, "right") - np.searchsorted(np.sort(last), time, "left")
    return float(np.median(active))


@dataclass(frozen=True)
class Score:
    """What came of guesses: shares 0..1, `ece` the expected calibration error of those drawn."""

    precision: float
    recall: float
    f1: float
    ece: float


def score(traces: Traces, judged: Flags, cause: Ints, confidence: np.ndarray, drawn_at: float = 0.0) -> Score:
    """Compare guesses about the `judged` events with the truth; those below `drawn_at` count as not made."""
    from collector.lineage.infer import expected_error

    made = judged & (cause != NONE)
    drawn = made & (confidence >= drawn_at)
    right = cause == traces.cause
    precision = float((drawn & right).sum()) / max(int(drawn.sum()), 1)
    recall = float((drawn & right).sum()) / max(int(judged.sum()), 1)
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return Score(precision, recall, f1, expected_error(confidence[made], right[made]))
