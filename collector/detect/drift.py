"""The task that counts structures and finds what changed: from events to `shape_counts` to `schema_changes`.

What is kept between two steps could be made anew from the store: the state of each stream up to a few minutes ago.
Later minutes are judged on a copy, because they are not over yet. Records that come late for an older minute make
their topic be judged from its beginning.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

import pyarrow as pa

from collector.detect.drift_changes import Structures, minutes, to_change
from collector.detect.drift_registered import explained
from collector.detect.drift_stream import Stream
from collector.storage.api import Store
from schemas import arrow
from schemas.drift import SchemaChange, change_row, read_change

HISTORY = timedelta(days=14)
OVERLAP = timedelta(seconds=30)
OPEN = timedelta(minutes=3)
COUNT_SPAN_MAX = timedelta(hours=6)
TOPICS_AT_ONCE = 40
STREAMS_MAX = 20_000
WITHDRAWN_WITHIN = timedelta(days=1)
_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)

Group = tuple[str, str]
Row = Mapping[str, Any]


@dataclass
class GroupState:
    """The streams of one topic and type as they were at `closed`, which is the end of the last minute that counts."""

    closed: datetime
    streams: dict[str, Stream] = field(default_factory=dict)
    maps: frozenset[str] = frozenset()


class DriftTask:
    """See collector.watch.Task."""

    name = "drift"
    every_s = 10.0

    def __init__(self, store: Store) -> None:
        self._store = store
        self._counted_until: datetime | None = None
        self._groups: OrderedDict[Group, GroupState] = OrderedDict()
        self._written: dict[str, SchemaChange] = {}

    def step(self, now: datetime) -> None:
        """Count what came, find what changed in it, and write what is new or has moved on."""
        now = now.replace(microsecond=now.microsecond // 1000 * 1000)
        if self._count(now):
            self._judge_touched(now)
        self._explain_late(now)

    def _judge_touched(self, now: datetime) -> None:
        touched = {
            (row["topic"], row["type"]): row["first_minute"]
            for row in self._store.query("drift_touched", {"counted": now})
        }
        topics = sorted({topic for topic, _ in touched})
        for start in range(0, len(topics), TOPICS_AT_ONCE):
            some = topics[start : start + TOPICS_AT_ONCE]
            self._judge({group: first for group, first in touched.items() if group[0] in some}, now)

    def _count(self, now: datetime) -> bool:
        """Count the structures of the minutes in which something arrived; tell whether there was anything."""
        if self._counted_until is None:
            found = self._store.query("drift_counted")
            self._counted_until = found[0]["counted"] - OPEN if found else _BEGIN
        since = max(self._counted_until - OVERLAP, _BEGIN)
        rows = self._store.query("drift_minutes", {"since": since, "oldest": now - HISTORY})
        for first, until in spans([row["minute"] for row in rows]):
            self._store.execute("drift_count", {"from": first, "until": until, "now": now})
        if rows:
            self._counted_until = max(row["newest"] for row in rows)
        return bool(rows)

    def _judge(self, touched: Mapping[Group, datetime], now: datetime) -> None:
        going_on = {
            group: state
            for group, first in touched.items()
            if (state := self._groups.get(group)) and first >= state.closed
        }
        anew = [group for group in touched if group not in going_on]
        found = self._run({group: going_on[group] for group in going_on}, now)
        again = [
            group for group in going_on if group not in found
        ]  # maps were found: names are read otherwise now
        found |= self._run({group: GroupState(now - HISTORY) for group in [*anew, *again]}, now)
        self._write(found, now)
        while len(self._groups) > STREAMS_MAX:
            self._groups.popitem(last=False)

    def _run(self, states: Mapping[Group, GroupState], now: datetime) -> dict[Group, list[SchemaChange]]:
        """Let these groups go on from where they are; a group is left out where it has to begin anew."""
        if not states:
            return {}
        topics = sorted({topic for topic, _ in states})
        since = min(state.closed for state in states.values())
        rows = self._store.query("drift_counts", {"topics": topics, "since": since})
        paths: dict[Group, dict[int, Sequence[str]]] = {}
        for row in self._store.query("drift_shapes", {"topics": topics}):
            paths.setdefault((row["topic"], row["type"]), {})[row["shape_id"]] = row["paths"]
        found = {}
        for group, mine in groupby(rows, key=lambda row: (row["topic"], row["type"])):
            if state := states.get(group):
                changes = self._advance(group, state, list(mine), paths.get(group, {}), now)
                if changes is not None:
                    found[group] = changes
        return found

    def _advance(
        self,
        group: Group,
        state: GroupState,
        rows: Sequence[Row],
        paths: Mapping[int, Sequence[str]],
        now: datetime,
    ) -> list[SchemaChange] | None:
        known = [
            row
            for row in rows
            if row["minute"] >= state.closed and (not row["shape_id"] or row["shape_id"] in paths)
        ]
        structures = Structures(paths, rows, state.maps)
        if structures.maps != state.maps and state.streams:
            return None
        # The structure of a shape is written after its first records: until then its minute is not over.
        unknown = [row["minute"] for row in rows if row["shape_id"] and row["shape_id"] not in paths]
        open_from = min([(now - OPEN).replace(second=0, microsecond=0), *unknown])
        changes = []
        for service, mine in groupby(known, key=lambda row: row["service"]):
            stream = state.streams.setdefault(service, Stream())
            later = []
            for minute in minutes(mine, structures):
                if minute[0].minute < open_from:
                    stream.feed(minute)
                else:
                    later.append(minute)
            changes += [to_change(*group, service, shift) for shift in ahead(stream, later).shifts]
        self._groups[group] = GroupState(max(state.closed, open_from), state.streams, structures.maps)
        self._groups.move_to_end(group)
        return changes

    def _explained(self, changes: list[SchemaChange]) -> list[SchemaChange]:
        """Return the changes with what the registry said of the schemas that they are about."""
        ids = {
            id_
            for change in changes
            if change.kind == "schema_id"
            for id_ in (change.from_schema, change.to_schema)
        }
        if not ids:
            return changes
        known = {
            row["schema_id"]: row for row in self._store.query("schemas_known", {"schema_ids": sorted(ids)})
        }
        return [explained(change, known) for change in changes]

    def _explain_late(self, now: datetime) -> None:
        """Give a verdict to changes whose schemas the registry told of after they were judged."""
        rows = self._store.query("drift_unexplained", {"since": now - HISTORY})
        before = list(map(read_change, rows))
        after = self._explained(before)
        self._keep([new for old, new in zip(before, after, strict=True) if new != old], now)

    def _write(self, found: Mapping[Group, Iterable[SchemaChange]], now: datetime) -> None:
        """Write the changes that are new or have moved on, and withdraw those that late records refuted."""
        changes = self._explained([change for group in found for change in found[group]])
        self._keep([change for change in changes if self._written.get(change.change_id) != change], now)
        if not found:
            return
        topics = sorted({topic for topic, _ in found})
        ids = {change.change_id for change in changes}
        known = self._store.query("drift_known_changes", {"topics": topics, "since": now - WITHDRAWN_WITHIN})
        gone = [
            row["change_id"]
            for row in known
            if (row["topic"], row["type"]) in found and row["change_id"] not in ids
        ]
        if gone:
            self._store.execute("drift_withdraw", {"change_ids": gone})
            for change_id in gone:
                self._written.pop(change_id, None)

    def _keep(self, moved: Sequence[SchemaChange], now: datetime) -> None:
        if not moved:
            return
        rows = pa.Table.from_pylist(
            [change_row(change, now) for change in moved], schema=arrow.SCHEMA_CHANGES
        )
        ids = ",".join(sorted(change.change_id for change in moved))
        token = hashlib.sha256(f"{now.timestamp()} {ids}".encode()).hexdigest()
        self._store.insert("schema_changes", rows, token=f"drift-{token}")
        self._written.update({change.change_id: change for change in moved})


def ahead(stream: Stream, later: Sequence[Sequence[Any]]) -> Stream:
    """Return the stream as it would be after these minutes, which may yet change.

    All of them are fed or none: what is new is judged by what was usual just before it.
    """
    if all(stream.is_usual(minute) for minute in later):
        return stream
    copied = stream.copy()
    for minute in later:
        copied.feed(minute)
    return copied


def spans(minutes: Sequence[datetime]) -> Iterator[tuple[datetime, datetime]]:
    """Yield begin and end (excluded) of runs of minutes, which are in order; no run is longer than COUNT_SPAN_MAX."""
    first = last = None
    for minute in minutes:
        if first is not None and last is not None:
            if minute - last <= timedelta(minutes=5) and minute - first < COUNT_SPAN_MAX:
                last = minute
                continue
            yield first, last + timedelta(minutes=1)
        first = last = minute
    if first is not None and last is not None:
        yield first, last + timedelta(minutes=1)
