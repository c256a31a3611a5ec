"""Records and spans on their way into a store, and the edges that come of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pyarrow as pa

from collector.lineage.link import link_batches
from collector.lineage.link_shared_names import LinkSharedNames
from collector.lineage.link_spans import LinkSpans
from collector.storage.api import Store
from schemas import arrow
from tests.support.records import NOW_MS, Headers, Record, record_columns

NOW = datetime.fromtimestamp(NOW_MS / 1000, UTC)
# Spans are kept for days only, by the clock of the store: old ones would be gone before they are looked at.
_STARTED = datetime.now(UTC)
_STARTED_MS = int(_STARTED.timestamp() * 1e3)
_NUMBERS = count(0, 10_000)  # logs that share a store do not share numbers: a repeated one would be dropped
_FILLED = (
    *("events", "identities", "references", "copies", "batch_events", "edges", "edges_by_cause"),
    *("spans", "span_batches", "span_causes", "span_effects"),
    *("constants", "span_parents", "infer_progress", "edge_candidates", "edge_habits"),
)
Place = tuple[str, int, int]


@dataclass
class Log:
    """Records on their way into the store, one batch number after the other."""

    store: Store
    batch: int = field(default_factory=lambda: next(_NUMBERS))
    places: set[Place] = field(default_factory=set)

    def forget(self) -> None:
        """Empty the store: that is quicker than another one."""
        for table in _FILLED:
            self.store.command(f"TRUNCATE TABLE {table}")
        self.places.clear()

    def write(
        self, records: Sequence[tuple[Place, Headers]], *, link: bool = True, later_ms: int = 0
    ) -> None:
        """Write these as one batch, and link it."""
        found = [(place, Record(headers, offset=place[2])) for place, headers in records]
        self.write_records(found, link=link, later_ms=later_ms)

    def write_records(
        self, records: Sequence[tuple[Place, Record]], *, link: bool = True, later_ms: int = 0
    ) -> None:
        """Write these as one batch, and link it."""
        self.batch += 1
        columns = record_columns()
        for (topic, partition, offset), record in records:
            columns.add(topic, partition, [replace(record, offset=offset)], NOW_MS + later_ms)
        self.store.insert("events", columns.table(self.batch), token=str(self.batch))
        if link:
            link_batches(self.store, [self.batch])

    def link(self, batch: int) -> None:
        """Link what was written as this batch."""
        link_batches(self.store, [batch])

    def look_at_names(self) -> None:
        """Let the watcher look at names that events share."""
        LinkSharedNames(self.store).step(NOW)

    def edges(self) -> dict[tuple[str, str], tuple[str, str, float]]:
        """Return relation, evidence and confidence of each stored edge by (cause, effect)."""
        rows = [row for topic in self.store.query("edges_topics") for row in self._edges_to(topic["topic"])]
        return {
            (row["cause"], row["effect"]): (row["relation"], row["evidence"], row["confidence"])
            for row in rows
        }

    def _edges_to(self, topic: str) -> list[dict[str, Any]]:
        span = {"topic": topic, "since": "2000-01-01 00:00:00", "until": "2100-01-01 00:00:00"}
        page = {"after_partition": -1, "after_offset": -1, "edges_max": 10_000}
        return self.store.query("edges_export", {**span, **page})

    def write_spans(self, spans: Sequence[Mapping[str, Any]], *, walk: bool = True) -> None:
        """Write these spans as one batch, and walk through them."""
        self.batch += 1
        number = _STARTED_MS + self.batch << 20
        rows = [{**_SPAN, **span, "batch": number} for span in spans]
        table = pa.Table.from_pylist(rows, schema=arrow.SPANS)
        self.store.insert("spans", table, token=str(number))
        if walk:
            LinkSpans(self.store).step(_STARTED + timedelta(milliseconds=self.batch))


_SPAN: dict[str, Any] = {
    **{field.name: [] if pa.types.is_list(field.type) else "" for field in arrow.SPANS},
    "kind": "internal",
    "start_time": NOW,
    "end_time": NOW,
    "status_error": False,
    "partition": -1,
    "offset": -1,
    "batch_size": -1,
    "hands_on": False,
    "links_missing": 0,
    "received_time": _STARTED,
}
