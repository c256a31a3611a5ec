"""Writes batches and links them. What is written and linked may be committed."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from collector.batch import Batch, ShapeBook, error_rows
from collector.errors import RecordError, StoreRejectedError
from collector.lineage.link import link_batches
from collector.storage.api import Store
from collector.storage.encode import Encoded, SendBuffer


@dataclass(frozen=True)
class Written:
    """What one write came to."""

    rows: int
    payload_bytes: int
    errors: int
    elapsed_ms: float


class BatchWriter:
    """Turns batches into durable, linked rows. Blocks; one call at a time.

    Every method may be repeated with the same arguments and raises StoreUnavailableError when it should be.
    """

    def __init__(self, store: Store, collector: str, shape_paths: Mapping[int, Sequence[str]]) -> None:
        self._store = store
        self._collector = collector
        self._shape_paths = shape_paths
        self._shapes = ShapeBook()
        self._buffer = SendBuffer()
        self._held: Encoded | None = None

    def hold(self, events: pa.Table) -> pa.Table:
        """Return the same rows, ready to be sent, in memory that holds until the next call; `events` may go."""
        self._held = None
        self._held = self._buffer.encode(events)
        return self._held.rows

    def write(self, batch: Batch, now_ms: int) -> Written:
        """Insert the rows of `batch`; durable when this returns."""
        started = time.perf_counter()
        self._insert(batch.events, str(batch.number))
        errors = error_rows(batch, self._collector, now_ms)
        self._store.insert("collector_errors", errors, token=f"{batch.number}-errors")
        shapes = self._shapes.new_rows(batch.events, self._shape_paths)
        self._store.insert("shapes", shapes, token=f"{batch.number}-shapes")
        self._shapes.learn(shapes)
        return Written(
            rows=batch.events.num_rows,
            payload_bytes=pc.sum(pc.max_element_wise(batch.events["value_size_bytes"], 0)).as_py() or 0,
            errors=errors.num_rows,
            elapsed_ms=(time.perf_counter() - started) * 1e3,
        )

    def link(self, numbers: Sequence[int]) -> float:
        """Link what was written under these batch numbers; return the milliseconds that it took.

        Where the store refuses the work as one (its memory is bounded), it is done batch by batch.
        """
        started = time.perf_counter()
        try:
            link_batches(self._store, numbers)
        except StoreRejectedError:
            if len(numbers) == 1:
                raise
            for number in numbers:
                link_batches(self._store, [number])
        return (time.perf_counter() - started) * 1e3

    def _insert(self, events: pa.Table, token: str) -> None:
        """Insert events; where the store refuses some, find them by halving and keep those without headers."""
        held = self._held
        try:
            self._store.insert("events", held if held and held.rows is events else events, token=token)
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
