"""What a topic holds: told by the settings, by what its records say, or by what they equal; a name only hints. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from collector.decode.topic_role import TopicRole, topic_role

RoleEvidence = Literal["setting", "headers", "content", "name"]

# Words that business topics use as well: `payment-failed` is an event, not a dead letter.
_WEAK_PARTS = frozenset(
    {
        "error",
        "errors",
        "err",
        "failed",
        "failure",
        "failures",
        "invalid",
        "skipped",
        "rejected",
        "parked",
        "parking",
    }
)
_DROPPED_PARTS = _WEAK_PARTS | {
    "dead", "letter", "letters", "dlt", "dlq", "deadletter", "deadletters", "poison", "quarantine", "lot", "topic",
}  # fmt: skip
_PARTS = re.compile(r"[._\-]+")
_COPIES_SHARE = 0.5
_EQUAL_SHARE = 0.8
_EQUAL_MIN = 2


@dataclass(frozen=True, slots=True)
class Seen:
    """What was counted on a topic. `equal` of `compared` records equal an earlier one elsewhere; 0 = not compared."""

    records: int
    copies: int
    dead_letters: int
    equal: int = 0
    compared: int = 0


@dataclass(frozen=True, slots=True)
class Role:
    """The columns of topic_roles that say why."""

    role: TopicRole
    evidence: RoleEvidence
    records: int
    confirming: int


def hints_at_dead_letters(topic: str) -> bool:
    """Return whether the name makes it worth to look at records that say nothing of themselves."""
    return topic_role(topic) == "dead letter" or bool(_WEAK_PARTS.intersection(_PARTS.split(topic.lower())))


def named_after(topic: str) -> str:
    """Return the name without the parts that hint at a role: `shipments-dead` is named after `shipments`.

    Topics are compared in this form, so it has no separators and no capitals.
    """
    return "".join(part for part in _PARTS.split(topic.lower()) if part not in _DROPPED_PARTS)


def judge_role(topic: str, seen: Seen, declared: Mapping[str, TopicRole]) -> Role:
    """Return what `topic` holds. `declared` maps patterns to roles; the first that matches in full counts.

    Headers confirm where most records are copies from other topics, and where any is and the name hints: a shared
    dead-letter topic may hold records of frameworks that say nothing. On a main topic copies are redrives.
    """
    for pattern, role in declared.items():
        if re.fullmatch(pattern, topic):
            return Role(role, "setting", seen.records, seen.copies)
    hint = topic_role(topic)
    if seen.copies and (seen.copies >= _COPIES_SHARE * seen.records or hint != "main"):
        role = hint if hint != "main" else "dead letter"
        return Role(role, "headers", seen.records, seen.copies)
    if seen.equal >= _EQUAL_MIN and seen.equal >= _EQUAL_SHARE * seen.compared:
        return Role("dead letter", "content", seen.compared, seen.equal)
    if hint != "main":
        return Role("main", "name", seen.records, 0)
    return Role("main", "headers", seen.records, seen.copies)


def group_of_topic(topic: str, origin_topic: str) -> str:
    """Return the consumer group that Spring Cloud Stream puts into the name of its dead-letter topic; else empty."""
    prefix = f"error.{origin_topic}."
    return topic.removeprefix(prefix) if origin_topic and topic.startswith(prefix) else ""
