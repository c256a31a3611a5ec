"""What a redriven record carries: the headers of the dead letter without what the failure added, and marks. Pure."""

import re
from collections.abc import Sequence

from schemas.records import REDRIVEN_FROM, EventRef

REDRIVE_ID = "headwater-redrive-id"
REDRIVE_CAUSE = "headwater-redrive-cause"

Headers = Sequence[tuple[str, bytes | None]]
# Common words: these belong to a failure only where all of a family's coordinates are there.
_WORDS = {
    "source_topic": ("source_topic", "source_partition", "source_offset", "source_consumer_group", "source_attempts"),
    "original-destination": (
        "original-destination", "original-partition", "original-offset",
        "exception-type", "exception-message", "exception-stack", "failed-at",
    ),
}  # fmt: skip


def redriven_headers(
    headers: Headers, strip: re.Pattern[str], *, dead_letter: EventRef, redrive_id: str, cause: str
) -> list[tuple[str, bytes | None]]:
    """Return the headers to send: order and repeats kept, what `strip` matches in full left out, marks behind.

    `cause` is the exception class that the dead letter names; empty = it names none.
    """
    present = {key.lower() for key, _ in headers}
    words: set[str] = set()
    for topic, family in _WORDS.items():
        if {topic, *(key for key in family if key.endswith(("-offset", "_offset")))} <= present:
            words.update(family)
    kept = [
        (key, value)
        for key, value in headers
        if not strip.fullmatch(key) and key.lower() not in words and not _is_mark(key)
    ]
    marks: list[tuple[str, bytes | None]] = [
        (REDRIVEN_FROM, str(dead_letter).encode()),
        (REDRIVE_ID, redrive_id.encode()),
    ]
    return kept + marks + ([(REDRIVE_CAUSE, cause.encode())] if cause else [])


def _is_mark(key: str) -> bool:
    return key.lower() in (REDRIVEN_FROM, REDRIVE_ID, REDRIVE_CAUSE)
