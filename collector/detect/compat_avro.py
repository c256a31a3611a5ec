"""Avro: may a reader's schema resolve what a writer's schema wrote? The rules of the specification 1.12. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from collector.detect.compat_problem import Problem, SchemaUnreadableError

_PRIMITIVES = frozenset({"null", "boolean", "int", "long", "float", "double", "bytes", "string"})
_PROMOTED = {
    "long": {"int"},
    "float": {"int", "long"},
    "double": {"int", "long", "float"},
    "bytes": {"string"},
    "string": {"bytes"},
}


@dataclass
class Schema:
    """An Avro schema with its names resolved; `kind` is a primitive, record, enum, fixed, array, map or union."""

    kind: str
    name: str = ""
    aliases: frozenset[str] = frozenset()
    symbols: tuple[str, ...] = ()
    default: str | None = None
    size: int = 0
    inner: list["Schema"] = field(default_factory=list)
    fields: list["Field"] = field(default_factory=list)


@dataclass
class Field:
    """A field of a record."""

    name: str
    schema: Schema
    has_default: bool
    aliases: frozenset[str] = frozenset()


def problems(reader: str, writer: str) -> list[Problem]:
    """See collector.detect.compat.problems."""
    return _compare(parse(reader), parse(writer), "/", set())


def parse(text: str) -> Schema:
    """Return the schema in `text`. Raises SchemaUnreadableError."""
    try:
        try:
            value = json.loads(text)
        except ValueError:
            value = text.strip()  # a bare name of a primitive
        return _read(value, "", {})
    except (KeyError, TypeError, ValueError, RecursionError, AttributeError) as error:
        raise SchemaUnreadableError(f"This is no Avro schema: {error}") from error


def _read(value: Any, namespace: str, names: dict[str, Schema]) -> Schema:  # noqa: PLR0911 - one per kind
    if isinstance(value, str):
        if value in _PRIMITIVES:
            return Schema(value)
        found = names.get(_full(value, namespace)) or names.get(value)
        if found is None:
            raise ValueError(f"the name {value[:80]} is not defined")
        return found
    if isinstance(value, list):
        return Schema("union", inner=[_read(each, namespace, names) for each in value])
    kind = value["type"]
    if isinstance(kind, (dict, list)) or kind not in ("record", "error", "enum", "fixed", "array", "map"):
        return _read(kind, namespace, names)
    if kind == "array":
        return Schema("array", inner=[_read(value["items"], namespace, names)])
    if kind == "map":
        return Schema("map", inner=[_read(value["values"], namespace, names)])
    return _read_named(kind, value, namespace, names)


def _read_named(kind: str, value: Mapping[str, Any], namespace: str, names: dict[str, Schema]) -> Schema:
    name = _full(value["name"], value.get("namespace", namespace))
    namespace = name.rpartition(".")[0]
    aliases = frozenset(_full(alias, namespace) for alias in value.get("aliases", ()))
    schema = names[name] = Schema("record" if kind == "error" else kind, name, aliases)
    if kind == "enum":
        schema.symbols, schema.default = tuple(value["symbols"]), value.get("default")
    elif kind == "fixed":
        schema.size = int(value["size"])
    else:
        schema.fields = [
            Field(
                each["name"],
                _read(each["type"], namespace, names),
                "default" in each,
                frozenset(each.get("aliases", ())),
            )
            for each in value["fields"]
        ]
    return schema


def _full(name: str, namespace: str | None) -> str:
    return name if "." in name or not namespace else f"{namespace}.{name}"


def _compare(reader: Schema, writer: Schema, path: str, doing: set[tuple[int, int]]) -> list[Problem]:
    if (id(reader), id(writer)) in doing:
        return []  # a recursive type: what is being compared is compared once
    doing.add((id(reader), id(writer)))
    try:
        if writer.kind == "union":
            return [
                problem
                for number, branch in enumerate(writer.inner)
                for problem in _compare_branch(reader, branch, f"{path}{number}/", doing)
            ]
        if reader.kind == "union":
            return _compare_branch(reader, writer, path, doing)
        if reader.kind != writer.kind:
            if writer.kind in _PROMOTED.get(reader.kind, ()):
                return []
            return [Problem("TYPE_MISMATCH", path, f"reads {reader.kind}, is written as {writer.kind}")]
        return _compare_same(reader, writer, path, doing)
    finally:
        doing.discard((id(reader), id(writer)))


def _compare_branch(reader: Schema, branch: Schema, path: str, doing: set[tuple[int, int]]) -> list[Problem]:
    if reader.kind != "union":
        return _compare(reader, branch, path, doing)
    if any(not _compare(each, branch, path, doing) for each in reader.inner):
        return []
    return [
        Problem("MISSING_UNION_BRANCH", path, f"no branch of the reader takes {branch.name or branch.kind}")
    ]


def _compare_same(reader: Schema, writer: Schema, path: str, doing: set[tuple[int, int]]) -> list[Problem]:
    if reader.kind in ("array", "map"):
        inside = "items" if reader.kind == "array" else "values"
        return _compare(reader.inner[0], writer.inner[0], f"{path}{inside}/", doing)
    if reader.kind not in ("record", "enum", "fixed"):
        return []
    found = []
    if _simple(reader.name) != _simple(writer.name) and writer.name not in reader.aliases:
        found.append(Problem("NAME_MISMATCH", f"{path}name", f"{writer.name} is read as {reader.name}"))
    if reader.kind == "fixed" and reader.size != writer.size:
        found.append(Problem("FIXED_SIZE_MISMATCH", f"{path}size", f"{writer.size} is read as {reader.size}"))
    if reader.kind == "enum":
        missing = [symbol for symbol in writer.symbols if symbol not in reader.symbols]
        if missing and reader.default not in reader.symbols:
            found.append(Problem("MISSING_ENUM_SYMBOLS", f"{path}symbols", ", ".join(missing[:8])))
    if reader.kind == "record":
        found += _compare_fields(reader, writer, path, doing)
    return found


def _compare_fields(reader: Schema, writer: Schema, path: str, doing: set[tuple[int, int]]) -> list[Problem]:
    found = []
    written = {each.name: each for each in writer.fields}
    for wanted in reader.fields:
        names = [wanted.name, *wanted.aliases]
        match = next((written[name] for name in names if name in written), None)
        where = f"{path}fields/{wanted.name}/"
        if match is not None:
            found += _compare(wanted.schema, match.schema, where, doing)
        elif not wanted.has_default and not (wanted.schema.kind == "enum" and wanted.schema.default):
            found.append(
                Problem("READER_FIELD_MISSING_DEFAULT_VALUE", where, f"{wanted.name} is not written")
            )
    return found


def _simple(name: str) -> str:
    return name.rpartition(".")[2]
