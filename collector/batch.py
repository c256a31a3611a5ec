"""What is written together: events, and with them new shapes and what could not be understood."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from collector.decode.raw_batches import BrokenBatch
from collector.errors import RecordError
from schemas import arrow

_ERROR_ROWS_MAX = 1_000  # per write; events keep all of theirs


@dataclass(frozen=True)
class Batch:
    """One write. `number` grows with time and is unique among collectors; `events` are rows of schemas.arrow.EVENTS."""

    number: int
    events: pa.Table
    broken: Sequence[tuple[str, int, BrokenBatch]]
    """By topic and partition."""


def batch_number(now_ms: int) -> int:
    """Return 44 bits of time and 20 random ones: two collectors do not meet."""
    return now_ms << 20 | secrets.randbits(20)


class ShapeBook:
    """Remembers which shapes of which topic and type have been written."""

    def __init__(self, known_max: int = 100_000) -> None:
        self._known: set[tuple[str, str, int]] = set()
        self._known_max = known_max

    def new_rows(self, events: pa.Table, paths: Mapping[int, Sequence[str]]) -> pa.Table:
        """Return a row of schemas.arrow.SHAPES for each shape that is first seen in `events`."""
        shaped = events.filter(pc.not_equal(events["shape_id"], pa.scalar(0, pa.uint64())))
        keys = ["topic", "type", "shape_id"]
        found = shaped.group_by(keys).aggregate([("offset", "min")]).to_pylist()
        new = [row for row in found if (row["topic"], row["type"], row["shape_id"]) not in self._known]
        rows = [self._row(shaped, row, paths) for row in new if row["shape_id"] in paths]
        return pa.Table.from_pylist(rows, schema=arrow.SHAPES)

    def _row(
        self, events: pa.Table, found: Mapping[str, object], paths: Mapping[int, Sequence[str]]
    ) -> dict[str, object]:
        same = pc.and_(
            pc.and_(pc.equal(events["topic"], found["topic"]), pc.equal(events["type"], found["type"])),
            pc.equal(events["shape_id"], pa.scalar(found["shape_id"], pa.uint64())),
        )
        first = (
            events.filter(same)
            .sort_by([("time", "ascending"), ("offset", "ascending")])
            .slice(0, 1)
            .to_pylist()[0]
        )
        return {
            "topic": first["topic"],
            "type": first["type"],
            "shape_id": first["shape_id"],
            "paths": list(paths[first["shape_id"]]),
            "first_partition": first["partition"],
            "first_offset": first["offset"],
            "first_time": first["time"],
            "observed_time": first["observed_time"],
        }

    def learn(self, rows: pa.Table) -> None:
        """Do not return these again. To be called once they are durable."""
        if len(self._known) >= self._known_max:
            self._known.clear()
        self._known.update(
            zip(
                rows["topic"].to_pylist(), rows["type"].to_pylist(), rows["shape_id"].to_pylist(), strict=True
            )
        )


def error_rows(batch: Batch, collector: str, now_ms: int) -> pa.Table:
    """Return rows of schemas.arrow.COLLECTOR_ERRORS for what this batch could not understand."""
    events = batch.events
    odd = events.filter(pc.greater(pc.list_value_length(events["errors"]), 0)).slice(0, _ERROR_ROWS_MAX)
    found = [
        (row["topic"], row["partition"], row["offset"], RecordError(error), "")
        for row in odd.select(["topic", "partition", "offset", "errors"]).to_pylist()
        for error in row["errors"]
    ]
    found += [
        (
            topic,
            partition,
            hole.offset,
            RecordError.BATCH_BROKEN,
            f" Offsets {hole.offset} to {hole.next_offset - 1}: {hole.reason}.",
        )
        for topic, partition, hole in batch.broken
    ]
    rows = [
        {
            "observed_time": now_ms,
            "collector": collector,
            "topic": topic,
            "partition": partition,
            "offset": offset,
            "kind": kind.value,
            "message": kind.meaning + detail,
        }
        for topic, partition, offset, kind, detail in found
    ]
    return pa.Table.from_pylist(rows, schema=arrow.COLLECTOR_ERRORS)
