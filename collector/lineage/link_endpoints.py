"""Links what SkyWalking's agent sent to what its sender was reading."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from collector.decode.conventions.read_contexts import skywalking_topics
from collector.lineage.edge_ends import edge_ends
from collector.lineage.endpoint_causes import Traced, endpoint_causes
from collector.storage.api import Store
from schemas import arrow
from schemas.records import EventRef

_TRACES_MAX = 1_000  # at a time
_EVENTS_MAX = 50_000


def link_endpoints(store: Store, batches: Sequence[int]) -> None:
    """Write the edges that these batches of events complete. Each trace is judged as a whole; safe to repeat."""
    traces = [row["trace_id"] for row in store.query("endpoint_traces", {"batches": list(batches)})]
    for start in range(0, len(traces), _TRACES_MAX):
        asked = {"trace_ids": traces[start : start + _TRACES_MAX], "events_max": _EVENTS_MAX}
        rows = store.query("endpoint_events", asked)
        _write(store, {EventRef.of(row): row for row in rows})


def _write(store: Store, rows: Mapping[EventRef, Mapping[str, Any]]) -> None:
    traced = [Traced(ref, row["trace_id"], row["time"], _reading(row["sw8"])) for ref, row in rows.items()]
    linked_time = datetime.now(UTC)
    edges = []
    for likely in endpoint_causes(traced):
        edges.append(
            edge_ends(rows[likely.cause], rows[likely.effect])
            | {
                "relation": "caused",
                "evidence": "context",
                "confidence": likely.confidence,
                "name": f"sw8: sent while {likely.cause.topic} was read",
                "linked_time": linked_time,
            }
        )
    table = pa.Table.from_pylist(edges, schema=arrow.EDGES)
    store.insert("edges", table, token=f"endpoints-{linked_time.timestamp()}")


def _reading(value: str | bytes | None) -> tuple[str, ...]:
    return skywalking_topics(value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value)
