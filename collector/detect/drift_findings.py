"""What is odd about how topics are written: past the registry, unknown ids, mixed formats, old schemas in use. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from collector.detect.drift_structure import format_of, is_registered

FindingKind = Literal["bypass", "unknown_id", "mixed_formats", "old_schema"]
_WHO_MAX = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One oddity of a topic; `share` is that of the records it is about, 0..1. `who` are services, with versions."""

    kind: FindingKind
    topic: str
    said: str
    who: tuple[str, ...]
    records: int
    share: float


def find_mixtures(
    rows: Iterable[Mapping[str, Any]], schemas: Mapping[str, Mapping[str, Any]]
) -> list[Finding]:
    """Return what is odd, topic by topic, from rows of `drift_formats` and what the registry said of their ids."""
    topics: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        topics.setdefault(row["topic"], []).append(row)
    return [finding for topic, mine in sorted(topics.items()) for finding in _of_topic(topic, mine, schemas)]


def _of_topic(
    topic: str, rows: list[Mapping[str, Any]], schemas: Mapping[str, Mapping[str, Any]]
) -> Iterator[Finding]:
    total = sum(row["records"] for row in rows)
    framed = [row for row in rows if is_registered(row["schema_id"])]
    bare = [row for row in rows if not is_registered(row["schema_id"])]
    if framed and bare:
        yield _finding(
            "bypass", topic, "written without a schema id, beside records that have one", bare, total
        )
    formats: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        known = schemas.get(row["schema_id"], {}).get("format")
        formats.setdefault(known or format_of(int(row["json"]), row["schema_id"]), []).append(row)
    if len(formats) > 1:
        most = max(formats, key=lambda each: sum(row["records"] for row in formats[each]))
        others = [row for name, mine in formats.items() if name != most for row in mine]
        yield _finding("mixed_formats", topic, f"{' and '.join(sorted(formats))} on one topic", others, total)
    for row in framed:
        schema = schemas.get(row["schema_id"])
        if schema and schema["state"] == "unknown":
            said = f"the registry does not know {row['schema_id']}"
            yield _finding("unknown_id", topic, said, [row], total)
        elif schema:
            behind = _behind(schema, topic)
            if behind:
                yield _finding("old_schema", topic, f"{row['schema_id']} is {behind}", [row], total)


def _behind(schema: Mapping[str, Any], topic: str) -> str:
    """Return in words how old a schema is in the subject that fits the topic best; empty for the newest."""
    places = list(zip(schema["subjects"], schema["versions"], schema["latest"], strict=True))
    places.sort(key=lambda place: not place[0].startswith(topic))
    if not places or places[0][1] >= places[0][2]:
        return ""
    subject, version, latest = places[0]
    return f"version {version} of {subject}, whose newest is {latest}"


def _finding(kind: FindingKind, topic: str, said: str, rows: list[Mapping[str, Any]], total: int) -> Finding:
    records = sum(row["records"] for row in rows)
    who = [
        " ".join(filter(None, (row["service"] or "service not named", row["service_version"])))
        for row in rows
    ]
    return Finding(kind, topic, said, tuple(dict.fromkeys(who))[:_WHO_MAX], records, records / max(1, total))
