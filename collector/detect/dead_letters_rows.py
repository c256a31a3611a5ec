"""From a stored record that looks like a dead letter to the columns of dead_letter_records. Pure."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

from collector.detect import dead_letters_text as text
from collector.detect.dead_letters_roles import Role, group_of_topic
from schemas.records import EventRef

_HOPS_MAX = 16
# These leave the timestamp of the origin on the dead letter: it says nothing of when it was given up.
_KEEPS_TIME = frozenset({"kafka-connect", "kafka-streams", "inferred"})
_READ_LATE = timedelta(hours=1)


class Guess(NamedTuple):
    """Where a record came from; `confidence` 0..1."""

    ref: EventRef
    evidence: Literal["header", "inferred"]
    confidence: float


def named_origin(name: str) -> EventRef | None:
    """Return the place in a coordinates name, None where there is none."""
    return EventRef.parse(name.removeprefix("event:"))


def direct_origin(row: Mapping[str, Any]) -> Guess | None:
    """Return what the record's own headers say of its origin."""
    ref = named_origin(row["origin"])
    return Guess(ref, "header", 1.0) if ref else None


class _Chain(NamedTuple):
    origin: EventRef | None
    hops: int
    redriven: bool


def row_of(
    row: Mapping[str, Any],
    guess: Guess | None,
    stored: Mapping[EventRef, Mapping[str, Any]],
    redact: re.Pattern[str],
    now: datetime,
) -> dict[str, Any]:
    """Return the columns for one record; `stored` holds what is known of the places that it leads back to."""
    headers = headers_of(row)
    said = named_origin(row["origin"])
    convention = text.convention_of(headers, said.topic) if said else "inferred"
    chain = _follow(guess, stored, headers)
    first: Mapping[str, Any] = stored.get(chain.origin, {}) if chain.origin else {}
    stack = text.said_stack(headers, convention)
    message = text.said_message(_as_text(row["exception_message"]), stack, row["exception"], redact)
    template = text.template_of(message)
    group, group_evidence = _group(row, said)
    origin_service = first.get("service", "")
    backfilled = convention not in _KEEPS_TIME and row["observed_time"] - row["time"] > _READ_LATE
    return {
        **{name: row[name] for name in ("topic", "partition", "offset", "observed_time", "time")},
        "failed_time": row["time"] if backfilled else row["observed_time"],
        "backfilled": backfilled,
        "convention": convention,
        "origin_topic": chain.origin.topic if chain.origin else "",
        "origin_partition": chain.origin.partition if chain.origin else 0,
        "origin_offset": chain.origin.offset if chain.origin else 0,
        "origin_evidence": guess.evidence if guess and chain.origin else "",
        "origin_confidence": guess.confidence if guess and chain.origin else 0.0,
        "copied_from": f"event:{guess.ref}" if guess else "",
        "hops": chain.hops,
        "redriven": chain.redriven,
        "consumer_group": group,
        "group_evidence": group_evidence,
        # A copy keeps the headers of its origin: the same service on both says nothing of who failed.
        "service": row["service"] if row["service"] != origin_service else "",
        "origin_service": origin_service,
        "type": first.get("type", "") or row["type"],
        "exception": row["exception"],
        "message": message,
        "template": template,
        "template_id": text.template_id(row["exception"], template),
        "key": _as_bytes(row["key"]),
        "schema_id": first.get("schema_id", "") or row["schema_id"],
        "shape_id": first.get("shape_id", 0) or row["shape_id"],
        "attempts": _attempts(row["attempt"], convention),
        "value_size_bytes": row["value_size_bytes"],
        "found_time": now,
    }


def headers_of(row: Mapping[str, Any]) -> list[tuple[str, bytes | None]]:
    """Return names and values of the headers of a row of events, in wire order."""
    names = (_as_text(name) for name in row["header_names"])
    return list(zip(names, map(_as_bytes, row["header_values"]), strict=True))


def role_of(row: Mapping[str, Any]) -> Role:
    """Return a row of topic_roles as a Role."""
    return Role(row["role"], row["evidence"], row["records"], row["confirming"])


def role_row(topic: str, role: Role, now: datetime) -> dict[str, Any]:
    """Return the columns of topic_roles."""
    return {
        "topic": topic,
        "role": role.role,
        "evidence": role.evidence,
        "records": role.records,
        "confirming": role.confirming,
        "observed_time": now,
    }


def _follow(
    guess: Guess | None,
    stored: Mapping[EventRef, Mapping[str, Any]],
    headers: list[tuple[str, bytes | None]],
) -> _Chain:
    """Go back from copy to copy to the first record. Where one is not stored, its own headers may still say more."""
    if guess is None:
        return _Chain(None, 0, False)
    at, hops, redriven, seen = guess.ref, 0, False, {guess.ref}
    while hops < _HOPS_MAX:
        record = stored.get(at)
        if record is None:
            return _Chain(_first_said(headers) or at, hops, redriven)
        before = named_origin(record["origin"])
        if before is None or before in seen:
            break
        redriven |= record["relation"] == "redriven"
        at, hops = before, hops + 1
        seen.add(at)
    return _Chain(at, hops, redriven)


def _first_said(headers: list[tuple[str, bytes | None]]) -> EventRef | None:
    """Spring appends `original-*` at each hop, so the first copy names the true origin."""
    for prefix in ("kafka_dlt-original-", "x-original-"):
        first: dict[str, bytes] = {}
        for key, value in headers:
            if key.startswith(prefix) and value is not None:
                first.setdefault(key.removeprefix(prefix), value)
        topic, partition, offset = (first.get(name, b"") for name in ("topic", "partition", "offset"))
        if topic and len(partition) == 4 and len(offset) == 8:
            return EventRef(
                topic.decode("utf-8", "replace"),
                int.from_bytes(partition, "big"),
                int.from_bytes(offset, "big"),
            )
    return None


def _group(row: Mapping[str, Any], said: EventRef | None) -> tuple[str, str]:
    if row["failed_group"]:
        return row["failed_group"], "header"
    named = group_of_topic(row["topic"], said.topic if said else "")
    return (named, "topic name") if named else ("", "")


def _attempts(attempt: int, convention: str) -> int:
    """Spring's retry topics count the attempt that a record is for; one that was given up had one less."""
    return attempt - 1 if convention == "spring-retryable-topic" and attempt else attempt


def _as_text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("utf-8", "backslashreplace")


def _as_bytes(value: str | bytes | None) -> bytes | None:
    return value.encode() if isinstance(value, str) else value
