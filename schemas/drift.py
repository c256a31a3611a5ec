"""Changes in the structure of payloads, as frozen types. Times are UTC and aware."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import msgspec

from schemas.records import EventRef

ChangeKind = Literal["shape", "schema_id", "format"]
RolloutState = Literal["rolling_out", "complete", "reverted"]
Verdict = Literal["backward", "forward", "full", "breaking", ""]
"""Who can read what: `backward` = readers of the new form read old records, `forward` = readers of the old form read
new records (nobody breaks now), `full` = both, `breaking` = neither, or readers of before break; empty = not known."""
FieldChangeKind = Literal[
    "added",
    "removed",
    "renamed_suspected",
    "type_changed",
    "type_added",
    "type_removed",
    "made_optional",
    "made_required",
    "enum_widened",
    "enum_narrowed",
    "other",
]

_SAID = {
    "added": "+ {path} ({after}){optional}",
    "removed": "- {path} ({before}){optional}",
    "renamed_suspected": "{before} → {after} (renamed?)",
    "made_optional": "{path}: no longer in every record",
    "made_required": "{path}: now in every record",
    "enum_widened": "{path}: new values {after}",
    "enum_narrowed": "{path}: values gone {before}",
    "other": "{path}: {before}{after}",
}


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that changed. `before` and `after` are types, or for `renamed_suspected` the paths; empty = absent.

    `required` says of an added or removed field whether every record has (had) it; None = not known.
    """

    path: str
    change: FieldChangeKind
    before: str = ""
    after: str = ""
    required: bool | None = None

    @property
    def said(self) -> str:
        """The change in a few words. Names come from payloads: escape them before they are shown."""
        optional = " (optional)" if self.required is False else ""
        form = _SAID.get(self.change, "{path}: {before} → {after}")
        return form.format(path=self.path, before=self.before, after=self.after, optional=optional)


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """A change of a topic and event type; the columns of the table `schema_changes`, where each is explained."""

    topic: str
    type: str
    change_id: str
    kind: ChangeKind
    service: str
    service_version: str
    first_time: datetime
    first_partition: int
    first_offset: int
    detected_time: datetime
    from_shape: int
    to_shape: int
    from_schema: str
    to_schema: str
    new_shapes: tuple[int, ...]
    old_shapes: tuple[int, ...]
    fields: tuple[FieldChange, ...]
    verdict: Verdict
    verdict_rule: str
    state: RolloutState
    new_events: int
    old_events: int
    new_share: float
    last_new_time: datetime
    last_old_time: datetime | None
    complete_time: datetime | None
    reverted_time: datetime | None
    evidence: str

    @property
    def first(self) -> EventRef:
        """The first record that carried the change."""
        return EventRef(self.topic, self.first_partition, self.first_offset)

    @property
    def summary(self) -> str:
        """What changed, in one line. Names in it come from payloads."""
        said = [field.said for field in self.fields[:3]]
        if len(self.fields) > len(said):
            said.append(f"and {len(self.fields) - len(said)} more")
        return "; ".join(said) or f"{self.from_schema} → {self.to_schema}"


def read_change(row: Mapping[str, Any]) -> SchemaChange:
    """Return the change in a row of `schema_changes`."""
    values = {name: row[name] for name in SchemaChange.__slots__}
    fields = tuple(msgspec.json.decode(row["fields"], type=list[FieldChange]))
    return SchemaChange(
        **{
            **values,
            "fields": fields,
            "new_shapes": tuple(row["new_shapes"]),
            "old_shapes": tuple(row["old_shapes"]),
        }
    )


def change_row(change: SchemaChange, observed_time: datetime) -> dict[str, Any]:
    """Return the row of `schema_changes` that holds `change`, as written at `observed_time`."""
    row = {name: getattr(change, name) for name in SchemaChange.__slots__}
    fields = msgspec.json.encode(list(change.fields)).decode()
    lists = {"new_shapes": list(change.new_shapes), "old_shapes": list(change.old_shapes)}
    return {**row, **lists, "fields": fields, "summary": change.summary, "observed_time": observed_time}
