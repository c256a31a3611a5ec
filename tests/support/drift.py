"""Records in the making, counted as the store counts them: what the drift tests feed in without a store."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from collector.decode.shape import ShapeReader
from collector.detect.drift_changes import Structures, minutes, to_change
from collector.detect.drift_stream import Stream
from schemas.drift import SchemaChange

Key = tuple[str, str, str]


@dataclass
class Counts:
    """The rows of `shape_counts` for records that were added."""

    reader: ShapeReader = field(default_factory=ShapeReader)
    rows: dict[tuple[Any, ...], dict[str, Any]] = field(default_factory=dict)
    offsets: dict[str, int] = field(default_factory=dict)

    def add(
        self, topic: str, type_: str, service: str, version: str, time_s: float, payload: Any,
        *, place: tuple[int, int] | None = None, schema_id: str = "",
    ) -> None:  # fmt: skip
        """Count one record; `payload` is JSON as bytes, or a value that is written as JSON."""
        raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        shape = self.reader.read(topic, raw) if raw else 0
        offset = self.offsets.get(topic, 0)
        self.offsets[topic] = offset + 1
        place = place or (0, offset)
        time = datetime.fromtimestamp(time_s, UTC)
        minute = time.replace(second=0, microsecond=0)
        key = topic, type_, service, minute, version, shape, schema_id
        row = self.rows.get(key)
        if row is None:
            self.rows[key] = {
                "topic": topic, "type": type_, "service": service, "service_version": version, "minute": minute,
                "shape_id": shape, "schema_id": schema_id, "events": 1, "first_time": time,
                "first_partition": place[0], "first_offset": place[1], "last_time": time,
            }  # fmt: skip
        else:
            row["events"] += 1
            row["last_time"] = max(row["last_time"], time)
            if time < row["first_time"]:
                row |= {"first_time": time, "first_partition": place[0], "first_offset": place[1]}

    def streams(self) -> Iterable[tuple[Key, list[Mapping[str, Any]]]]:
        """Return the rows of each stream, in order."""
        found: dict[Key, list[Mapping[str, Any]]] = {}
        for row in sorted(self.rows.values(), key=lambda row: (row["minute"], row["first_time"])):
            found.setdefault((row["topic"], row["type"], row["service"]), []).append(row)
        return found.items()

    def changes(self) -> list[SchemaChange]:
        """Return every change that is found."""
        found = []
        for key, rows in self.streams():
            stream = Stream()
            for minute in minutes(rows, Structures(self.reader.paths, rows)):
                stream.feed(minute)
            found += [to_change(*key, shift) for shift in stream.shifts]
        return sorted(found, key=lambda change: change.first_time)
