"""What a topic's name hints at. A hint only: headers have to confirm it."""

import re
from functools import lru_cache
from typing import Literal

from schemas.records import Relation

TopicRole = Literal["main", "retry", "dead letter"]

_PARTS = re.compile(r"[._\-]+")
_DEAD_LETTER_PARTS = frozenset({"dead", "dlt", "dlq", "deadletter", "deadletters", "poison", "quarantine"})
_RETRY_PARTS = frozenset({"retry", "retries"})


@lru_cache(maxsize=10_000)
def topic_role(topic: str) -> TopicRole:
    """Return the role that the name hints at: parts split at `.`, `-` and `_`, without regard to case."""
    parts = _PARTS.split(topic.lower())
    if _DEAD_LETTER_PARTS.intersection(parts) or "dead-letter" in "-".join(parts):
        return "dead letter"
    return "retry" if _RETRY_PARTS.intersection(parts) else "main"


def copy_relation(topic: str, origin_topic: str, *, marked: bool = False) -> Relation:
    """Return what a copy on `topic` of a record on `origin_topic` is. `marked` = a redrive's own header says so."""
    role = topic_role(topic)
    # Records that died twice and are sent again still say that they come from the first dead-letter topic.
    if topic == origin_topic or (role == "main" and (marked or topic_role(origin_topic) == "dead letter")):
        return "redriven"
    return "retried" if role == "retry" else "dead_lettered"
