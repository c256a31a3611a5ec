"""A change of schema id in terms of fields, from what the registry said of both schemas. Pure."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from collector.detect import compat, compat_avro, compat_proto
from collector.detect.compat_problem import SchemaUnreadableError
from schemas.drift import FieldChange, SchemaChange

_DEPTH_MAX = 12
_FIELDS_MAX = 2_000


class Entry(NamedTuple):
    """A field of a schema: its type in words, whether it has to be there, its name beside its number (Protobuf)."""

    type: str
    required: bool
    name: str = ""
    symbols: frozenset[str] = frozenset()


def explained(change: SchemaChange, schemas: Mapping[str, Mapping[str, Any]]) -> SchemaChange:
    """Return the change with fields and verdict by the registered schemas (rows of `schemas`), where both are known."""
    if change.kind != "schema_id":
        return change
    old, new = schemas.get(change.from_schema), schemas.get(change.to_schema)
    if new is not None and new["state"] == "unknown":
        return replace(change, verdict_rule=f"not known: the registry does not know {change.to_schema}")
    if old is None or new is None or not old["definition"] or not new["definition"]:
        return change
    if old["format"] != new["format"]:
        return replace(
            change,
            verdict="breaking",
            verdict_rule=f"{old['format']} and {new['format']} never read each other",
        )
    try:
        fields = field_changes(new["format"], old["definition"], new["definition"])
        verdict = compat.verdict(new["format"], old["definition"], new["definition"])
    except SchemaUnreadableError as error:
        return replace(change, verdict_rule=f"not known: {error}")
    return replace(
        change, fields=tuple(fields), verdict=verdict, verdict_rule=_rule(new, change.topic, verdict)
    )


def _rule(new: Mapping[str, Any], topic: str, verdict: str) -> str:
    rule = compat.RULES[new["format"]]
    places = [place for place in zip(new["subjects"], new["levels"], strict=True) if place[1]]
    places.sort(key=lambda place: not place[0].startswith(topic))
    if not places:
        return rule
    subject, level = places[0]
    wanted = {word for word in ("backward", "forward") if word in level.lower()}
    wanted = {"backward", "forward"} if "FULL" in level else wanted
    has = {"full": {"backward", "forward"}, "breaking": set(), "": set()}.get(verdict, {verdict})
    said = "allows" if wanted <= has else "forbids"
    return f"{rule}; the level {level} of {subject} {said} it"


def field_changes(format_: compat.Format, old: str, new: str) -> list[FieldChange]:
    """Return what changed between two schemas of a format. Raises SchemaUnreadableError."""
    read = {"AVRO": _avro, "JSON": _json, "PROTOBUF": _proto}[format_]
    before, after = read(old), read(new)
    found = []
    for path in sorted(before.keys() | after.keys()):
        was, now = before.get(path), after.get(path)
        if was is None and now is not None:
            found.append(FieldChange(now.name or path, "added", after=now.type, required=now.required))
        elif now is None and was is not None:
            found.append(FieldChange(was.name or path, "removed", before=was.type, required=was.required))
        elif was is not None and now is not None:
            found += _changed(path, was, now)
    return found


def _changed(path: str, was: Entry, now: Entry) -> list[FieldChange]:
    found = []
    name = now.name or path
    if was.name != now.name:
        found.append(FieldChange(name, "renamed_suspected", was.name, now.name))
    if was.type != now.type:
        found.append(FieldChange(name, "type_changed", was.type, now.type))
    if was.required != now.required:
        found.append(
            FieldChange(name, "made_required" if now.required else "made_optional", was.type, now.type)
        )
    if more := now.symbols - was.symbols:
        found.append(FieldChange(name, "enum_widened", after=", ".join(sorted(more)[:8])))
    if gone := was.symbols - now.symbols:
        found.append(FieldChange(name, "enum_narrowed", before=", ".join(sorted(gone)[:8])))
    return found


def _avro(text: str) -> dict[str, Entry]:
    found: dict[str, Entry] = {}

    def walk(schema: compat_avro.Schema, path: str, depth: int) -> None:
        if depth > _DEPTH_MAX or len(found) > _FIELDS_MAX:
            return
        for branch in schema.inner:
            walk(
                branch,
                f"{path}[]" if schema.kind == "array" else f"{path}.*" if schema.kind == "map" else path,
                depth + 1,
            )
        for each in schema.fields:
            where = f"{path}.{each.name}" if path else each.name
            found[where] = Entry(_avro_type(each.schema), not each.has_default, symbols=_symbols(each.schema))
            walk(each.schema, where, depth + 1)

    walk(compat_avro.parse(text), "", 0)
    return found


def _avro_type(schema: compat_avro.Schema) -> str:
    if schema.kind == "union":
        return " | ".join(_avro_type(branch) for branch in schema.inner)
    if schema.kind in ("array", "map"):
        return f"{schema.kind} of {_avro_type(schema.inner[0])}"
    return (
        schema.kind
        if schema.kind in ("record", "enum") or not schema.name
        else f"{schema.kind} {schema.name}"
    )


def _symbols(schema: compat_avro.Schema) -> frozenset[str]:
    return frozenset(schema.symbols).union(*(frozenset(branch.symbols) for branch in schema.inner))


def _json(text: str) -> dict[str, Entry]:
    from collector.detect.compat_json import followed

    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SchemaUnreadableError(f"This is no JSON Schema: {error}") from error
    found: dict[str, Entry] = {}

    def walk(schema: Any, path: str, depth: int) -> None:
        schema = followed(schema, document)
        if not isinstance(schema, dict) or depth > _DEPTH_MAX or len(found) > _FIELDS_MAX:
            return
        required = schema.get("required", ())
        for name, member in schema.get("properties", {}).items():
            where = f"{path}.{name}" if path else name
            inner = followed(member, document)
            values = inner.get("enum", ()) if isinstance(inner, dict) else ()
            found[where] = Entry(_json_type(inner), name in required, symbols=frozenset(map(str, values)))
            walk(member, where, depth + 1)
        if "items" in schema:
            walk(schema["items"], f"{path}[]", depth + 1)
        for part in (*schema.get("allOf", ()), *schema.get("anyOf", ()), *schema.get("oneOf", ())):
            walk(part, path, depth + 1)

    walk(document, "", 0)
    return found


def _json_type(schema: Any) -> str:
    if not isinstance(schema, dict):
        return "anything" if schema else "nothing"
    said = schema.get("type", "anything")
    return " | ".join(map(str, said)) if isinstance(said, list) else str(said)


def _proto(text: str) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for name, message in compat_proto.parse(text).types.items():
        for number, each in message.fields.items() if message else ():
            label = f"{each.label} " if each.label in ("repeated",) else ""
            type_ = f"map<{each.key_type}, {each.type}>" if each.label == "map" else f"{label}{each.type}"
            found[f"{name}.{number:09}"] = Entry(type_, each.label == "required", f"{name}.{each.name}")
    return found
