"""Walks through spans that came, and links the events that they speak of. What is left over is found again."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TypeVar

import pyarrow as pa

from collector.lineage.link import link_effects
from collector.lineage.span_causes import SpanCause, rows_to_spans, span_causes
from collector.storage.api import Store
from schemas import arrow

_BATCHES_MAX = 200  # of spans, at a time
_TRACES_MAX = 500
_SPANS_OF_A_TRACE_MAX = 200_000
_CAUSES_MAX = 20_000
_ROUNDS_MAX = 50
_SHIFT_BITS = 20  # batch numbers are milliseconds with random bits behind them

Item = TypeVar("Item")


class LinkSpans:
    """A task of the watcher. Each write of spans is walked through once, with all of its traces that is known then.

    Spans of a trace that come later bring their trace up again, so that a chain which was broken is closed.
    """

    name = "link spans"
    every_s = 2.0

    def __init__(self, store: Store) -> None:
        self._store = store

    def step(self, now: datetime) -> None:
        """Walk through what came since the last time."""
        for _ in range(_ROUNDS_MAX):
            rows = self._store.query("spans_unwalked", {"batches_max": _BATCHES_MAX})
            batches = [row["batch"] for row in rows]
            if batches:
                self._walk(batches, now)
            if len(batches) < _BATCHES_MAX:
                return  # what came meanwhile waits for its turn: the other tasks have waited as well

    def _walk(self, batches: Sequence[int], now: datetime) -> None:
        since, until = _time(batches[0]) - timedelta(days=1), _time(batches[-1]) + timedelta(days=1)
        touched = self._store.query("spans_touched", {"batches": batches, "since": since, "until": until})
        cluster = self._store.query("cluster_known")
        cluster_id = cluster[0]["cluster_id"] if cluster else ""
        for traces in _pieces([row["trace_id"] for row in touched], _TRACES_MAX):
            found = self._store.query(
                "spans_of_traces", {"trace_ids": traces, "spans_max": _SPANS_OF_A_TRACE_MAX}
            )
            self._link(span_causes(rows_to_spans(found), cluster_id), now)
        walked = [{"batch": batch, "walked": True, "spans": 0, "observed_time": now} for batch in batches]
        token = f"walked-{batches[0]}-{batches[-1]}-{len(batches)}"
        self._store.insert(
            "span_batches", pa.Table.from_pylist(walked, schema=arrow.SPAN_BATCHES), token=token
        )

    def _link(self, causes: Sequence[SpanCause], now: datetime) -> None:
        for piece in _pieces(causes, _CAUSES_MAX):
            rows = [
                {**asdict(cause), "handled_time": cause.handled_time or now, "received_time": now}
                for cause in piece
            ]
            table = pa.Table.from_pylist(rows, schema=arrow.SPAN_CAUSES)
            self._store.insert("span_causes", table, token=_token(table))
            link_effects(self._store, sorted({cause.effect_name for cause in piece}))


def _time(batch: int) -> datetime:
    return datetime.fromtimestamp((batch >> _SHIFT_BITS) / 1000, UTC)


def _token(table: pa.Table) -> str:
    digest = sha256()
    for name in ("effect_name", "cause_name", "received_time"):
        digest.update(repr(table[name].to_pylist()).encode())
    return f"span-causes-{digest.hexdigest()}"


def _pieces(items: Sequence[Item], most: int) -> Iterator[list[Item]]:
    for start in range(0, len(items), most):
        yield list(items[start : start + most])
