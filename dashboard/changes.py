"""What changed in the structure of payloads, as the Overview needs it: from the same facts as the Schema drift page."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from schemas.drift import read_change
from schemas.records import EventRef


@dataclass(frozen=True, slots=True)
class Change:
    """Payloads of `topic` and `type` changed with the event `first`, sent by `who`; `said` in words per field."""

    topic: str
    type: str
    first: EventRef
    time: datetime
    said: tuple[str, ...]
    who: str = ""
    change_id: str = ""


def changes(rows: Iterable[Mapping[str, Any]]) -> list[Change]:
    """Return changes in the order of the rows of `schema_changes` (newest first)."""
    found = []
    for row in rows:
        change = read_change(row)
        said = tuple(field.said for field in change.fields) or (change.summary,)
        who = " ".join(filter(None, (change.service, change.service_version)))
        found.append(
            Change(change.topic, change.type, change.first, change.first_time, said, who, change.change_id)
        )
    return found
