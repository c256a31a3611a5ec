"""What is new in the structure of payloads. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from schemas.records import EventRef


@dataclass(frozen=True, slots=True)
class Change:
    """A payload of `topic` and `type` looked otherwise than all before it; `said` in words per field."""

    topic: str
    type: str
    first: EventRef
    time: datetime
    said: tuple[str, ...]


def changes(shapes: Iterable[Mapping[str, Any]]) -> list[Change]:
    """Return changes, newest first, from the rows of `overview_shapes` (oldest first).

    The first structure of a topic and type is no change. A structure whose fields were all known before (an
    optional field is absent) is none either: otherwise every optional field would look like a release.
    """
    known: dict[tuple[str, str], dict[str, set[str]]] = {}
    found = []
    for shape in shapes:
        fields: dict[str, set[str]] = {}
        for path in shape["paths"]:
            name, _, type_ = path.rpartition(":")
            fields.setdefault(name, set()).add(type_)
        before = known.get((shape["topic"], shape["type"]))
        if before is None:
            known[shape["topic"], shape["type"]] = fields
            continue
        said = []
        for name, types in fields.items():
            fresh = types - before.get(name, set())
            if name not in before:
                said.append(f"+ {name} ({' | '.join(sorted(types))})")
            elif fresh:
                said.append(f"{name}: {' | '.join(sorted(before[name]))} → {' | '.join(sorted(types))}")
            before.setdefault(name, set()).update(types)
        if said:
            first = EventRef(shape["topic"], shape["first_partition"], shape["first_offset"])
            found.append(Change(shape["topic"], shape["type"], first, shape["first_time"], tuple(said)))
    return found[::-1]
