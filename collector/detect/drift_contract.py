"""The structure of a topic's records as they were seen, as JSON Schema; and what a schema would break of it. Pure."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from collector.detect.compat_json import followed
from collector.detect.compat_problem import SchemaUnreadableError
from collector.detect.drift_changes import Structures
from collector.detect.drift_structure import DECIMAL, FORMAT, ROOT, SCHEMA

_JSON_TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")


@dataclass
class Node:
    """A place in the payload: in how many records it was, with which types; what is inside."""

    records: int = 0
    types: dict[str, int] = field(default_factory=dict)
    members: dict[str, "Node"] = field(default_factory=dict)
    items: "Node | None" = None
    rest: "Node | None" = None
    """Members of a map, whose names are data."""


@dataclass(frozen=True)
class Observed:
    """The records of a topic and type."""

    topic: str
    type: str
    records: int
    root: Node


class Breach(NamedTuple):
    """What a schema breaks: `records` = it refuses some of now; `readers` = it lets go what they always have."""

    breaks: Literal["records", "readers"]
    path: str
    said: str
    share: float


def observe(
    topic: str, type_: str, rows: Sequence[Mapping[str, Any]], paths: Mapping[int, Sequence[str]]
) -> Observed:
    """Return what was seen, from rows of `drift_counts` and the paths of their shapes."""
    structures = Structures(paths, rows)
    root = Node()
    total = 0
    for row in rows:
        one = structures.get(row["shape_id"], row["schema_id"])
        if ROOT in one.types:
            total += row["events"]
            for path, types in one.types.items():
                if path not in (FORMAT, SCHEMA):
                    _add(_node(root, path, one.parents), types, row["events"])
    return Observed(topic, type_, total, root)


def _node(root: Node, path: str, parents: Mapping[str, str]) -> Node:
    if path == ROOT:
        return root
    parent = parents.get(path, ROOT) or ROOT
    around = _node(root, parent, parents)
    name = path if parent == ROOT else path[len(parent) :].removeprefix(".")
    if name == "[]":
        around.items = around.items or Node()
        return around.items
    if name == "*":
        around.rest = around.rest or Node()
        return around.rest
    return around.members.setdefault(name, Node())


def _add(node: Node, types: Iterable[str], events: int) -> None:
    node.records += events
    plain = set(types)
    if "number" in plain:
        plain.discard("number")
        plain.add("number" if DECIMAL in plain else "integer")
    for type_ in plain - {DECIMAL}:
        node.types[type_] = node.types.get(type_, 0) + events


def as_json_schema(observed: Observed) -> dict[str, Any]:
    """Return JSON Schema (draft 2020-12). What was in every record is required; shares stand in `x-share`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": " ".join(filter(None, (observed.topic, observed.type))),
        "$comment": f"As seen in {observed.records:,} records. Required is what each of them has.",
        "x-records": observed.records,
        **_schema(observed.root),
    }


def _schema(node: Node) -> dict[str, Any]:
    types = sorted(node.types)
    if "integer" in types and "number" in types:
        types.remove("integer")  # a whole number is a number
    schema: dict[str, Any] = {"type": types[0] if len(types) == 1 else types}
    if len(types) > 1:
        schema["x-type-share"] = {type_: round(node.types[type_] / node.records, 4) for type_ in types}
    objects = node.types.get("object", 0)
    if node.members:
        schema["properties"] = {
            name: _schema(member)
            | ({} if member.records >= objects else {"x-share": round(member.records / objects, 4)})
            for name, member in sorted(node.members.items())
        }
        required = sorted(name for name, member in node.members.items() if member.records >= objects)
        if required:
            schema["required"] = required
    if node.rest is not None:
        schema["additionalProperties"] = _schema(node.rest)
    if node.items is not None:
        schema["items"] = _schema(node.items)
    return schema


def breaches(text: str, observed: Observed) -> list[Breach]:
    """Return what a JSON Schema would break of what is on the wire now. Raises SchemaUnreadableError."""
    try:
        schema = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SchemaUnreadableError(f"This is no JSON Schema: {error}") from error
    if not isinstance(schema, (dict, bool)):
        raise SchemaUnreadableError("This is no JSON Schema: it is neither an object nor true or false.")
    return list(dict.fromkeys(_breaches(schema, observed.root, "", schema, observed.records, 0)))


def _breaches(schema: Any, node: Node, path: str, document: Any, total: int, depth: int) -> Iterator[Breach]:
    if depth > 60 or not node.records:
        return
    alternatives = _alternatives(followed(schema, document), document)
    where = path or ROOT
    if not alternatives:
        yield Breach("records", where, "nothing is allowed here", node.records / max(1, total))
        return
    allowed = {type_ for each in alternatives for type_ in _types(each)}
    for type_, count in sorted(node.types.items()):
        if type_ not in allowed and not (type_ == "integer" and "number" in allowed):
            yield Breach(
                "records",
                where,
                f"is {type_} in records, and may only be {' or '.join(sorted(allowed)) or 'nothing'}",
                count / max(1, total),
            )
    for type_ in ("number", "null", "string", "boolean", "object", "array"):
        is_usual = type_ in node.types or (type_ == "number" and "integer" in node.types)
        if type_ in allowed and not is_usual and "type" in str(schema) and not _is_any(alternatives):
            yield Breach("readers", where, f"may be {type_}, and never was", 1.0)
    of_objects = [each for each in alternatives if "object" in _types(each)]
    if "object" in node.types and len(of_objects) == 1:
        yield from _object_breaches(of_objects[0], node, path, document, total, depth)
    of_arrays = [each for each in alternatives if "array" in _types(each)]
    if node.items is not None and len(of_arrays) == 1 and "items" in of_arrays[0]:
        yield from _breaches(of_arrays[0]["items"], node.items, f"{path}[]", document, total, depth + 1)


def _object_breaches(
    schema: Mapping[str, Any], node: Node, path: str, document: Any, total: int, depth: int
) -> Iterator[Breach]:
    objects = node.types["object"]
    named, required = schema.get("properties", {}), set(schema.get("required", ()))
    rest = schema.get("additionalProperties", True)
    for name, member in sorted(node.members.items()):
        where = f"{path}.{name}" if path else name
        if name in required and member.records < objects:
            missing = objects - member.records
            yield Breach("records", where, "is required, and is missing in records", missing / max(1, total))
        if member.records >= objects and name not in required:
            yield Breach(
                "readers", where, "is in every record, and is not required", member.records / max(1, total)
            )
        if name in named:
            yield from _breaches(named[name], member, where, document, total, depth + 1)
        elif rest is False:
            yield Breach(
                "records", where, "is not allowed, and is in records", member.records / max(1, total)
            )
        elif isinstance(rest, dict):
            yield from _breaches(rest, member, where, document, total, depth + 1)
    for name in sorted(required - node.members.keys()):
        where = f"{path}.{name}" if path else name
        yield Breach("records", where, "is required, and is in no record", objects / max(1, total))
    if node.rest is not None and rest is not True:
        yield from _breaches(rest, node.rest, f"{path}.*" if path else "*", document, total, depth + 1)


def _alternatives(schema: Any, document: Any) -> list[dict[str, Any]]:
    """Return the schemas of which a value has to meet one; schemas that are met together are laid over each other."""
    if schema is True:
        return [{}]
    if schema is False:
        return []
    base = {word: value for word, value in schema.items() if word not in ("anyOf", "oneOf", "allOf")}
    for part in schema.get("allOf", ()):
        found = followed(part, document)
        if found is False:
            return []
        base = _overlaid(base, found if isinstance(found, dict) else {})
    options = [
        option
        for word in ("anyOf", "oneOf")
        for part in schema.get(word, ())
        for option in _alternatives(followed(part, document), document)
    ]
    return [_overlaid(base, option) for option in options] if options else [base]


def _overlaid(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**one, **other}
    if "properties" in one and "properties" in other:
        merged["properties"] = {**one["properties"], **other["properties"]}
    if "required" in one and "required" in other:
        merged["required"] = sorted({*one["required"], *other["required"]})
    return merged


def _types(schema: Mapping[str, Any]) -> frozenset[str]:
    said = schema.get("type")
    if isinstance(said, str):
        return frozenset({said})
    if isinstance(said, list):
        return frozenset(map(str, said))
    values = schema.get("enum", [schema["const"]] if "const" in schema else None)
    if values is None:
        return frozenset(_JSON_TYPES)
    names: dict[type, str] = {
        str: "string",
        bool: "boolean",
        int: "integer",
        float: "number",
        dict: "object",
        list: "array",
    }
    return frozenset(names.get(type(value), "null") for value in values)


def _is_any(alternatives: Iterable[Mapping[str, Any]]) -> bool:
    return any(len(_types(each)) == len(_JSON_TYPES) for each in alternatives)
