"""Writes a batch and links it. When this returns, its offsets may be committed."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from collector.batch import Batch, ShapeBook, error_rows
from collector.errors import RecordError, StoreRejectedError
from collector.lineage.link import link_batch
from collector.storage.api import Store


@dataclass(frozen=True)
class Written:
    """What one write came to."""

    rows: int
    errors: int
    flush_ms: float
    link_ms: float


class BatchWriter:
    """Turns batches into durable rows. Blocks; one call at a time."""

    def __init__(self, store: Store, collector: str, shape_paths: Mapping[int, Sequence[str]]) -> None:
        self._store = store
        self._collector = collector
        self._shape_paths = shape_paths
        self._shapes = ShapeBook()

    def write(self, batch: Batch, now_ms: int) -> Written:
        """Write and link. Safe to repeat with the same batch.

        Raises StoreUnavailableError; the batch is then to be written again, whole.
        """
        started = time.perf_counter()
        events = batch.columns.table(batch.number)
        self._insert(events, str(batch.number))
        errors = error_rows(batch, events, self._collector, now_ms)
        self._store.insert("collector_errors", errors, token=f"{batch.number}-errors")
        shapes = self._shapes.new_rows(events, self._shape_paths)
        self._store.insert("shapes", shapes, token=f"{batch.number}-shapes")
        self._shapes.learn(shapes)
        inserted = time.perf_counter()
        if events.num_rows:
            link_batch(self._store, batch.number)
        linked = time.perf_counter()
        return Written(
            rows=events.num_rows,
            errors=errors.num_rows,
            flush_ms=(inserted - started) * 1e3,
            link_ms=(linked - inserted) * 1e3,
        )

    def _insert(self, events: pa.Table, token: str) -> None:
        """Insert events; where the store refuses some, find them by halving and keep those without headers."""
        try:
            self._store.insert("events", events, token=token)
        except StoreRejectedError:
            if events.num_rows > 1:
                half = events.num_rows // 2
                self._insert(events.slice(0, half), f"{token}-0")
                self._insert(events.slice(half), f"{token}-1")
            else:
                self._store.insert("events", _bare(events), token=f"{token}-bare")


def _bare(event: pa.Table) -> pa.Table:
    kept = ["topic", "partition", "offset", "time", "record_timestamp_ms", "timestamp_type", "observed_time"]
    errors = pa.array([[RecordError.ROW_REFUSED.value]], pa.list_(pa.string()))
    return event.select([*kept, "value_size_bytes", "batch"]).append_column("errors", errors)
