"""The watcher's search for causes: reads events that nothing explains, guesses, and withdraws what proved needless.

Events are looked at as they come, and again for a while, since their causes may come later. A guess is one row per
pair of events, so that looking again changes nothing but what has changed.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from collector.lineage.edge_ends import edge_ends
from collector.lineage.infer import Candidate, Events, Habit, Habits, Inferred, Kind, habits_of, infer
from collector.storage.api import Store
from schemas import arrow

DRAWN_AT = 0.6
"""Guesses of at least this confidence become edges; the others are offered as candidates."""
LOOK_AGAIN = timedelta(seconds=15)
CONTEXT = timedelta(minutes=5)
"""Causes are looked for so far back; habits by traces and keys seldom reach further, and memory is bounded."""
BUCKET_S = 60
SLICE_EVENTS_MAX = 20_000
CONTEXT_EVENTS_MAX = 40_000
EDGES_MAX = 200_000
STEP_S_MAX = 20.0
REST = 9.0
"""After a pass that took a second there are so many seconds of rest: a tenth of one core at most."""
REST_BEHIND = 1.0
LOOK_BACK = timedelta(hours=6)
"""What was observed longer ago and never looked at stays without guesses: recent events go before."""
HABITS_MAX = 5_000
WEIGHT_MAX = 5_000.0
REFERS_SHARE = 0.5
"""Where at least this share of a kind of events names its cause, one that does not could not, or has none."""
CHANGED = 0.1
GUESS_AGE = timedelta(days=36_525)
"""Versions of guesses are a hundred years early, so that evidence for the same pair always outlives them."""

_Ref = tuple[str, int, int]
_Row = dict[str, Any]


class InferCauses:
    """Names likely causes of events that came lately."""

    name = "infer"
    every_s = 5.0

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rest_until = datetime(1970, 1, 1, tzinfo=UTC)

    def step(self, now: datetime) -> None:
        """Look at what was observed since the last time and a little before."""
        if now < self._rest_until:
            return
        spent = time.process_time()
        caught_up = self._search(now)
        rest_s = (REST if caught_up else REST_BEHIND) * (time.process_time() - spent)
        self._rest_until = now + timedelta(seconds=rest_s)

    def _search(self, now: datetime) -> bool:
        """Look at slice after slice while there is time; return whether there is none left."""
        progress = self._store.query("infer_progress")
        done = max(now - LOOK_BACK, progress[0]["looked_until"] if progress else now - LOOK_BACK)
        self._store.execute("infer_supersede", {"since": done - LOOK_AGAIN})
        started = datetime.now(UTC)
        while done < now and (datetime.now(UTC) - started).total_seconds() < STEP_S_MAX:
            bounds = self._store.query("infer_until", {"since": done, "events_max": SLICE_EVENTS_MAX})[0]
            until = (
                max(bounds["slice_end"][0], done + timedelta(milliseconds=1)) if bounds["slice_end"] else now
            )
            self._look(done - LOOK_AGAIN, done, until, now)
            done = until
            row = {"name": self.name, "looked_until": done, "updated_time": datetime.now(UTC)}
            self._store.insert(
                "infer_progress",
                pa.Table.from_pylist([row], schema=arrow.INFER_PROGRESS),
                token=f"infer-{done}",
            )
        self._store.execute("infer_supersede", {"since": now - LOOK_AGAIN})
        return done >= now

    def _look(self, since: datetime, new_since: datetime, until: datetime, now: datetime) -> None:
        """Look at events observed from `since` to `until`, where those after `new_since` are new.

        Habits are learned a little later, when what was to be linked is linked.
        """
        buckets = self._store.query("infer_buckets", {"since": since, "until": until, "bucket_s": BUCKET_S})
        for first, last in _stretches(buckets):
            window = _Window(self._store, first, last + timedelta(seconds=BUCKET_S))
            targets = window.targets(since, until)
            if not targets.any():
                continue
            found = infer(window.events, window.exact, known=_habits(self._store), targets=targets)
            self._write(window, found, now)
            fresh = window.learned_between(new_since - LOOK_AGAIN, until - LOOK_AGAIN)
            if fresh:
                _keep_habits(self._store, habits_of(window.events, fresh), now)

    def _write(self, window: "_Window", found: Inferred, now: datetime) -> None:
        edges: list[_Row] = []
        candidates: list[_Row] = []
        version = datetime.now(UTC)
        for effect, listed in found.candidates.items():
            drawn = listed[0] if listed[0].confidence >= DRAWN_AT else None
            edges += window.changes(effect, drawn, version - GUESS_AGE)
            candidates += [
                window.edge(effect, one.cause, one.confidence, one.reason) | {"inferred_time": version}
                for one in listed
                if one is not drawn
            ]
        token = f"infer-{now.timestamp()}-{window.since.timestamp()}-{version.timestamp()}"
        self._store.insert("edges", pa.Table.from_pylist(edges, schema=arrow.EDGES), token=token)
        self._store.insert(
            "edge_candidates", pa.Table.from_pylist(candidates, schema=arrow.EDGE_CANDIDATES), token=token
        )


class _Window:
    """Events of a span of time with what came before them, and the edges between them."""

    def __init__(self, store: Store, since: datetime, until: datetime) -> None:
        self.since, self.until = since, until
        span = {"since": since - CONTEXT, "until": until}
        self.rows = store.query("infer_events", {**span, "events_max": CONTEXT_EVENTS_MAX})
        self._place = {_ref(row): number for number, row in enumerate(self.rows)}
        self._guessed: dict[int, list[_Row]] = {}
        self._explained: set[int] = set()
        self.exact: list[tuple[int, int]] = []
        self._read_edges(store.query("infer_edges", {**span, "edges_max": EDGES_MAX}))
        self.events = Events(
            time_ms=[row["time"].timestamp() * 1e3 for row in self.rows],
            topic=[row["topic"] for row in self.rows],
            producer=[row["service"] for row in self.rows],
            type=[row["type"] for row in self.rows],
            trace=[row["trace_id"] for row in self.rows],
            span=[row["trace_id"] + row["span_id"] if row["span_id"] else "" for row in self.rows],
            correlation=[row["correlation_id"] for row in self.rows],
            key=[row["key_hex"] for row in self.rows],
            root=[bool(row["is_copy"]) for row in self.rows],
            silent=self._silent(),
            nameless=[not row["message_id"] for row in self.rows],
        )

    def _read_edges(self, edges: Sequence[Mapping[str, Any]]) -> None:
        for edge in edges:
            effect = self._place.get((edge["effect_topic"], edge["effect_partition"], edge["effect_offset"]))
            cause = self._place.get((edge["cause_topic"], edge["cause_partition"], edge["cause_offset"]))
            if effect is None:
                continue
            if edge["evidence"] == "inferred":
                self._guessed.setdefault(effect, []).append(dict(edge))
                continue
            self._explained.add(effect)
            if cause is not None and edge["relation"] == "caused" and edge["confidence"] > 0.99:
                self.exact.append((effect, cause))

    def _silent(self) -> list[bool]:
        """Mark events that name no cause although most of their kind do."""
        seen: dict[tuple[str, str, str], list[int]] = {}
        for row in self.rows:
            counts = seen.setdefault((row["topic"], row["type"], row["service"]), [0, 0])
            counts[0] += 1
            counts[1] += bool(row["refers"])
        named = {kind for kind, (events, refers) in seen.items() if refers >= REFERS_SHARE * events}
        return [
            not row["refers"] and (row["topic"], row["type"], row["service"]) in named for row in self.rows
        ]

    def targets(self, since: datetime, until: datetime) -> np.ndarray:
        """Mark events to be explained: observed in this span, without evidence, and that name no cause themselves."""
        return np.array(
            [
                since <= row["observed_time"] < until
                and self.since <= row["time"] < self.until
                and not row["refers"]
                and number not in self._explained
                for number, row in enumerate(self.rows)
            ],
            dtype=np.bool_,
        )

    def learned_between(self, since: datetime, until: datetime) -> list[tuple[int, int]]:
        """Return the known edges of events that were observed in this span."""
        return [edge for edge in self.exact if since <= self.rows[edge[0]]["observed_time"] < until]

    def changes(self, effect: int, drawn: Candidate | None, version: datetime) -> Iterator[_Row]:
        """Yield the edges to write so that `drawn` is the only guess about this event."""
        before = self._guessed.get(effect, [])
        cause = None if drawn is None else _ref(self.rows[drawn.cause])
        kept = False
        for edge in before:
            same = (edge["cause_topic"], edge["cause_partition"], edge["cause_offset"]) == cause
            if same and drawn is not None and abs(edge["confidence"] - drawn.confidence) < CHANGED:
                kept = True
            elif not same:
                yield edge | {"confidence": 0.0, "linked_time": version}
        if drawn is not None and not kept:
            facts = self.edge(effect, drawn.cause, drawn.confidence, drawn.reason)
            yield facts | {"relation": "caused", "evidence": "inferred", "linked_time": version}

    def edge(self, effect: int, cause: int, confidence: float, reason: str) -> _Row:
        """Return the columns that edges and candidates have in common."""
        return edge_ends(self.rows[cause], self.rows[effect]) | {"confidence": confidence, "name": reason}


def _ref(row: Mapping[str, Any]) -> _Ref:
    return row["topic"], row["partition"], row["offset"]


def _stretches(buckets: Sequence[Mapping[str, Any]]) -> Iterator[tuple[datetime, datetime]]:
    """Join neighbouring buckets as long as they are not too many events; yield the first and last of each."""
    first: datetime | None = None
    last, events = datetime(1970, 1, 1, tzinfo=UTC), 0
    for bucket in buckets:
        start = bucket["bucket"].replace(tzinfo=UTC)
        apart = start - last > CONTEXT
        if first is not None and (apart or events + bucket["events"] > SLICE_EVENTS_MAX):
            yield first, last
            first, events = None, 0
        first = first or start
        last, events = start, events + bucket["events"]
    if first is not None:
        yield first, last


def _habits(store: Store) -> Habits:
    found: dict[Kind, list[Habit]] = {}
    for row in store.query("infer_habits", {"rows_max": HABITS_MAX}):
        effect = Kind(row["effect_topic"], row["effect_type"], row["effect_service"], "")
        cause = Kind(row["cause_topic"], row["cause_type"], row["cause_service"], "")
        latency, ranks = np.array(row["latency"], dtype=np.float64), np.array(row["ranks"], dtype=np.float64)
        habit = Habit(effect, cause, row["shared"], row["weight"], latency, ranks, row["at_most"])
        found.setdefault(effect, []).append(habit)
    return found


def _keep_habits(store: Store, fresh: Habits, now: datetime) -> None:
    """Add what was learned to what is known; what is old counts less and less."""
    known = {
        (habit.effect, habit.cause, habit.join): habit for some in _habits(store).values() for habit in some
    }
    rows = []
    for habit in (habit for some in fresh.values() for habit in some):
        before = known.get((habit.effect, habit.cause, habit.join))
        weight = habit.weight + (before.weight if before else 0.0)
        scale = min(1.0, WEIGHT_MAX / weight)
        latency = habit.latency + (before.latency if before else 0.0)
        ranks = habit.ranks + (before.ranks if before else 0.0)
        rows.append(
            {
                "effect_topic": habit.effect.topic,
                "effect_type": habit.effect.type,
                "effect_service": habit.effect.producer,
                "cause_topic": habit.cause.topic,
                "cause_type": habit.cause.type,
                "cause_service": habit.cause.producer,
                "shared": habit.join,
                "weight": weight * scale,
                "latency": (latency * scale).tolist(),
                "ranks": (ranks * scale).tolist(),
                "at_most": max(habit.at_most, before.at_most if before else 0),
                "learned_time": datetime.now(UTC),
            }
        )
    store.insert(
        "edge_habits",
        pa.Table.from_pylist(rows, schema=arrow.EDGE_HABITS),
        token=f"habits-{now}-{len(rows)}-{datetime.now(UTC)}",
    )
