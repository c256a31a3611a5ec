"""From counted structures to the rows of `schema_changes`. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import groupby
from typing import Any

from collector.detect.drift_fields import (
    OBSERVED_RULE,
    field_changes,
    is_of_format,
    is_of_schema_id,
    verdict_of,
)
from collector.detect.drift_shift import Shift
from collector.detect.drift_structure import FORMAT, SCHEMA, Structure, find_maps, structure
from collector.detect.drift_tally import Seen
from schemas.drift import ChangeKind, SchemaChange

Paths = Mapping[int, Sequence[str]]
_SHAPES_LISTED_MAX = 500


class Structures:
    """The structures of one topic and type by shape and schema id; knows which objects are maps."""

    def __init__(
        self, paths: Paths, rows: Iterable[Mapping[str, Any]], maps: frozenset[str] = frozenset()
    ) -> None:
        counted: dict[tuple[int, str], int] = {}
        for row in rows:
            key = row["shape_id"], row["schema_id"]
            counted[key] = counted.get(key, 0) + row["events"]
        plain = {key: structure(*key, paths.get(key[0], ())) for key in counted}
        self._paths = paths
        self.maps = maps | find_maps((plain[key], count) for key, count in counted.items())
        self._known = (
            plain
            if not self.maps
            else {key: structure(*key, paths.get(key[0], ()), self.maps) for key in plain}
        )

    def get(self, shape_id: int, schema_id: str) -> Structure:
        """Return the structure; one that came later is read with the maps that are known."""
        key = shape_id, schema_id
        if key not in self._known:
            self._known[key] = structure(shape_id, schema_id, self._paths.get(shape_id, ()), self.maps)
        return self._known[key]


def minutes(rows: Iterable[Mapping[str, Any]], structures: Structures) -> Iterator[list[Seen]]:
    """Yield the records of one stream minute by minute from rows of `drift_counts`, which are in order."""
    for minute, found in groupby(rows, key=lambda row: row["minute"]):
        yield [
            Seen(
                structures.get(row["shape_id"], row["schema_id"]),
                row["service_version"],
                row["events"],
                minute,
                row["first_time"],
                (row["first_partition"], row["first_offset"]),
                row["last_time"],
            )
            for row in found
        ]


def to_change(topic: str, type_: str, service: str, shift: Shift) -> SchemaChange:
    """Return the change of a topic, type and service as a row says it."""
    fields = field_changes(shift)
    kind = _kind(shift)
    before, after = _schemas(kind, shift)
    verdict, rule = (verdict_of(fields), OBSERVED_RULE) if kind == "shape" else ("", _NOT_KNOWN[kind])
    first, last = shift.first, shift.new.last or shift.first.first_time
    return SchemaChange(
        topic=topic,
        type=type_,
        change_id=change_id(topic, type_, kind, first.first),
        kind=kind,
        service=service,
        service_version=first.version,
        first_time=first.first_time,
        first_partition=first.first[0],
        first_offset=first.first[1],
        detected_time=shift.detected or last,
        from_shape=shift.was_usual[0],
        to_shape=first.structure.shape_id,
        from_schema=before,
        to_schema=after,
        new_shapes=_shapes(shift, new=True),
        old_shapes=_shapes(shift, new=False),
        fields=tuple(fields),
        verdict=verdict,
        verdict_rule=rule,
        state=shift.state,
        new_events=shift.new.events,
        old_events=shift.old.events,
        new_share=0.0 if shift.state == "reverted" else shift.recent_share,
        last_new_time=last,
        last_old_time=shift.old.last,
        complete_time=shift.ended if shift.state == "complete" else None,
        reverted_time=shift.ended if shift.state == "reverted" else None,
        evidence=shift.evidence,
    )


_NOT_KNOWN = {
    "schema_id": "not known: no registry has told what these schemas say",
    "format": "a change of format: whoever reads only the one before cannot read this one",
}


def _kind(shift: Shift) -> ChangeKind:
    if is_of_format(shift):
        return "format"
    has_fields = any(question.path not in (FORMAT, SCHEMA) for question in shift.answers)
    return "schema_id" if is_of_schema_id(shift) and not has_fields else "shape"


def _schemas(kind: ChangeKind, shift: Shift) -> tuple[str, str]:
    if kind != "format":
        return shift.was_usual[1], shift.first.structure.schema_id
    before = structure(*shift.was_usual, ()).types[FORMAT]
    return " | ".join(sorted(before)), " | ".join(sorted(shift.first.structure.types[FORMAT]))


def _shapes(shift: Shift, *, new: bool) -> tuple[int, ...]:
    found = shift.new_structures if new else shift.old_structures
    most = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    return tuple(dict.fromkeys(shape_id for (shape_id, _), _ in most if shape_id))[:_SHAPES_LISTED_MAX]


def change_id(topic: str, type_: str, kind: str, first: tuple[int, int]) -> str:
    """Return the id that this change always has: 16 hex digits."""
    text = "\0".join((topic, type_, kind, str(first[0]), str(first[1])))
    return blake2b(text.encode(errors="backslashreplace"), digest_size=8).hexdigest()
