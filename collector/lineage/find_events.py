"""From what a person has in hand (an id from an alert) to events."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from collector.storage.api import Store
from schemas.records import EventRef

FoundBy = Literal["event", "trace id", "message id", "correlation id", "business key"]

_LOOKUPS: tuple[tuple[FoundBy, str], ...] = (
    ("message id", "find_by_message"),
    ("trace id", "find_by_trace"),
    ("correlation id", "find_by_correlation"),
    ("business key", "find_by_key"),
)


@dataclass(frozen=True)
class Found:
    """Events, oldest first, and by what kind of name they were found. `cut` tells that there are more."""

    found_by: FoundBy
    refs: tuple[EventRef, ...]
    cut: bool = False


def resolve(store: Store, text: str, events_max: int = 1_000) -> Found | None:
    """Return the events that `text` means: `topic/partition/offset`, or an id or key that events carry.

    Kinds are tried from the most to the least specific; the first that any event carries counts. None if
    none does.
    """
    text = text.strip()
    ref = EventRef.parse(text)
    if ref is not None and store.query("events_by_ref", refs_parameters([ref])):
        return Found("event", (ref,))
    for found_by, lookup in _LOOKUPS:
        wanted = _trace_id(text) if found_by == "trace id" else text
        rows = store.query(lookup, {"text": wanted, "events_max": events_max + 1})
        if rows:
            refs = tuple(EventRef.of(row) for row in rows[:events_max])
            return Found(found_by, refs, cut=len(rows) > events_max)
    return None


def _trace_id(text: str) -> str:
    """Accept a whole traceparent, upper case and UUID dashes: people paste what they have."""
    parts = text.split("-")
    return (parts[1] if len(parts) == 4 and len(parts[1]) == 32 else text.replace("-", "")).lower()


def refs_parameters(refs: Sequence[EventRef]) -> dict[str, list[str] | list[int]]:
    """Return query parameters that name these events."""
    return {
        "topics": [ref.topic for ref in refs],
        "partitions": [ref.partition for ref in refs],
        "offsets": [ref.offset for ref in refs],
    }
