"""The watcher's look at names that several events share: copies, constants, and contexts that are handed on.

Linking has to be quick, so it asks nothing of an event's own names. Here they are looked up in the background, for
what was written lately: copies become edges, names of too many events become constants whose edges are taken back,
and what rests on a context that several events carry loses confidence. Nothing depends on the order of arrival: each
name is judged anew, as a whole, whenever an event comes that answers to it.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

import pyarrow as pa

from collector.lineage.edge_ends import edge_ends
from collector.lineage.find_events import refs_parameters
from collector.lineage.link import link_effects
from collector.lineage.link_endpoints import link_endpoints
from collector.lineage.shared_names import SHARED_MAX, Copied, Sharer, copies_among, doubtful_contexts
from collector.storage.api import Store
from schemas import arrow
from schemas.records import SPAN_NAME_PREFIX, EventRef

EVENTS_MAX = 400_000
"""At a time. Several writes together are looked up for little more than one."""
OVERLAP = timedelta(minutes=2)
"""What was written shortly before the last look is looked at again after a start: linking may have come behind it."""
COPIED_MAX = 50_000
"""So many copies are remembered for as long as linking may still come behind the look at them."""
SETTLE = timedelta(minutes=2)
"""Linking that began before a name was known as a constant may have ended after it."""
REST = 9.0
"""After a pass that took a second there are so many seconds of rest: a tenth of one core at most."""
_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)
_Edge = dict[str, Any]


class LinkSharedNames:
    """Tells copies, constants and handed-on contexts among events that came lately."""

    name = "shared names"
    every_s = 3.0

    def __init__(self, store: Store) -> None:
        self._store = store
        self._done: dict[int, datetime] = {}
        self._copied: dict[EventRef, datetime] = {}
        self._rest_until = _BEGIN

    def step(self, now: datetime) -> None:
        """Look at what was written since the last time."""
        if now < self._rest_until:
            return
        started, began = time.monotonic(), datetime.now(UTC)
        progress = self._store.query("shared_names_progress")
        since = progress[0]["looked_until"] if progress else _BEGIN
        written = self._store.query(
            "shared_names_batches", {"since": since - OVERLAP if progress else _BEGIN}
        )
        fresh = [row for row in written if row["batch"] not in self._done]
        for rows in _pieces(fresh):
            self._look([row["batch"] for row in rows])
            self._done |= {row["batch"]: row["written"] for row in rows}
            since = max(since, rows[-1]["written"])
            self._keep(since, now)
        self._done = {batch: at for batch, at in self._done.items() if at >= since - 2 * OVERLAP}
        if fresh:
            self._take_back_constants(began - SETTLE)
        self._rest_until = now + timedelta(seconds=REST * (time.monotonic() - started))

    def _keep(self, since: datetime, now: datetime) -> None:
        row = {"name": self.name, "looked_until": since, "updated_time": now}
        table = pa.Table.from_pylist([row], schema=arrow.INFER_PROGRESS)
        self._store.insert("infer_progress", table, token=f"shared-{since}-{datetime.now(UTC)}")

    def _look(self, batches: Sequence[int]) -> None:
        rows = self._store.query("shared_names_groups", {"batches": batches})
        groups = {name: list(some) for name, some in groupby(rows, key=lambda row: str(row["name"]))}
        self._add_constants([name for name, some in groups.items() if len(some) > SHARED_MAX])
        self._judge({name: some for name, some in groups.items() if len(some) <= SHARED_MAX})
        if self._store.query("span_parents_any"):
            self._store.execute("link_by_parent", {"batches": batches})
        link_endpoints(self._store, batches)

    def _add_constants(self, names: Sequence[str]) -> None:
        rows = [{"name": name, "found_time": datetime.now(UTC)} for name in names]
        table = pa.Table.from_pylist(rows, schema=arrow.CONSTANTS)
        self._store.insert("constants", table, token=f"constants-{datetime.now(UTC)}")

    def _judge(self, groups: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        facts: dict[EventRef, Mapping[str, Any]] = {}
        copies: dict[tuple[str, EventRef, EventRef], Copied] = {}
        most: dict[EventRef, float] = {}
        for name, rows in groups.items():
            sharers = [_sharer(row) for row in rows]
            found = copies_among(name, sharers)
            copies |= {(name, copy.cause, copy.effect): copy for copy in found}
            for ref, share in doubtful_contexts(name, sharers, found).items():
                most[ref] = min(share, most.get(ref, 1.0))
            facts |= {sharer.ref: row for sharer, row in zip(sharers, rows, strict=True)}
        self._write(groups, facts, copies)
        now = datetime.now(UTC)
        self._copied = {ref: at for ref, at in self._copied.items() if at >= now - SETTLE}
        self._copied |= {copy.effect: now for copy in copies.values() if copy.confidence >= 1}
        self._copied = dict(list(self._copied.items())[-COPIED_MAX:])
        if groups:
            asked = {**refs_parameters(list(self._copied)), "names": list(groups)}
            self._store.execute("withdraw_copied", asked)
        if most:
            self._store.execute(
                "doubt_contexts", {**refs_parameters(list(most)), "most": list(most.values())}
            )

    def _write(
        self,
        groups: Mapping[str, Sequence[Mapping[str, Any]]],
        facts: Mapping[EventRef, Mapping[str, Any]],
        copies: Mapping[tuple[str, EventRef, EventRef], Copied],
    ) -> None:
        """Write the edges that are new or have changed, and take back those that hold no more."""
        if not facts:
            return
        wanted: dict[tuple[EventRef, EventRef], tuple[str, Copied]] = {}
        for (name, cause, effect), copy in sorted(copies.items(), key=lambda item: item[0]):
            before = wanted.get((cause, effect))
            # By its message id before by its context, which says the same.
            if before is None or before[1].confidence < copy.confidence:
                wanted[cause, effect] = name, copy
        members = {name: {EventRef.of(row) for row in rows} for name, rows in groups.items()}
        edges: list[_Edge] = []
        for edge in self._store.query("shared_names_edges", refs_parameters(list(facts))):
            cause, effect = (EventRef.of(edge, end) for end in ("cause_", "effect_"))
            if not {cause, effect} <= members.get(str(edge["name"]), set()):
                continue  # it rests on something else
            same = wanted.get((cause, effect))
            if same and (same[1].relation, same[1].confidence) == (edge["relation"], edge["confidence"]):
                del wanted[cause, effect]
            elif same is None or same[1].relation != edge["relation"]:
                edges.append(dict(edge) | {"evidence": "superseded", "confidence": 0.0})
        edges += [_edge(name, copy, facts) for name, copy in wanted.values()]
        linked_time = datetime.now(UTC)
        rows = [edge | {"linked_time": linked_time} for edge in edges]
        table = pa.Table.from_pylist(rows, schema=arrow.EDGES)
        self._store.insert("edges", table, token=f"shared-names-{linked_time.timestamp()}")
        # A span that sent one record seemed to have sent two.
        contexts = {str(facts[copy.effect]["context"]) for _, copy in wanted.values()} - {"-"}
        if contexts and self._store.query("span_causes_any"):
            link_effects(self._store, sorted(SPAN_NAME_PREFIX + context for context in contexts))

    def _take_back_constants(self, since: datetime) -> None:
        names = [row["name"] for row in self._store.query("constants_since", {"since": since})]
        if names:
            self._store.execute("withdraw_constants", {"names": names})


def _pieces(rows: Sequence[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    piece: list[Mapping[str, Any]] = []
    events = 0
    for row in rows:
        if piece and events + row["events"] > EVENTS_MAX:
            yield piece
            piece, events = [], 0
        piece.append(row)
        events += row["events"]
    if piece:
        yield piece


def _sharer(row: Mapping[str, Any]) -> Sharer:
    return Sharer(
        ref=EventRef.of(row),
        time_ms=row["time"].timestamp() * 1e3,
        record_timestamp_ms=row["record_timestamp_ms"],
        appended=bool(row["appended"]),
        origin=row["origin"],
        key_hex=row["key_hex"],
        value_size_bytes=row["value_size_bytes"],
        shape_id=row["shape_id"],
        message_id=row["message_id"],
        context=row["context"],
        claims_context=bool(row["claims_context"]),
    )


def _edge(name: str, copy: Copied, facts: Mapping[EventRef, Mapping[str, Any]]) -> _Edge:
    evidence = "context" if name.startswith(SPAN_NAME_PREFIX) else "header"
    return edge_ends(facts[copy.cause], facts[copy.effect]) | {
        "relation": copy.relation, "evidence": evidence, "confidence": copy.confidence, "name": name,
    }  # fmt: skip
