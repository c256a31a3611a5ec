"""JSON Schema: does a reader's schema accept what a writer's schema allowed? Confluent's strict rules. Pure.

The rules look at content models. An object is open where it lets members through that it does not name. To name a
new member in an open object forbids values that were allowed, so it breaks readers, required or not; in a closed
object it widens. Two schemas are compared keyword by keyword, as the rules do, not as sets of values.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from collector.detect.compat_json_words import (
    Schema,
    bounds,
    const,
    enum,
    items,
    matched,
    number,
    spelled,
    string,
)  # fmt: skip
from collector.detect.compat_problem import Problem, SchemaUnreadableError

_COMBINERS = ("allOf", "anyOf", "oneOf")
_OBJECT = frozenset(
    {"properties", "required", "additionalProperties", "minProperties", "maxProperties", "patternProperties",
     "dependencies", "dependentRequired", "propertyNames"}
)  # fmt: skip
_ARRAY = frozenset(
    {"items", "prefixItems", "additionalItems", "minItems", "maxItems", "uniqueItems", "contains"}
)
_NUMBER = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})
_STRING = frozenset({"minLength", "maxLength", "pattern", "format"})
_DEPTH_MAX = 60


def problems(reader: str, writer: str) -> list[Problem]:
    """See collector.detect.compat.problems."""
    new, old = _read(reader), _read(writer)
    return _Comparison(old, new).compare(old, new, "#")


def _read(text: str) -> Schema:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SchemaUnreadableError(f"This is no JSON Schema: {error}") from error
    if not isinstance(value, (dict, bool)):
        raise SchemaUnreadableError("This is no JSON Schema: it is neither an object nor true or false.")
    return value


class _Comparison:
    """Compares what may be written (`old`) with what will be read (`new`), both whole documents."""

    def __init__(self, old: Schema, new: Schema) -> None:
        self._old = old
        self._new = new
        self._doing: set[tuple[int, int]] = set()

    def compare(self, old: Schema | None, new: Schema | None, path: str) -> list[Problem]:
        if new is None or old is None:
            return [Problem("SCHEMA_ADDED", path)] if old is None and new is not None else []
        old, new = followed(old, self._old), followed(new, self._new)
        key = id(old), id(new)
        if key in self._doing or len(self._doing) > _DEPTH_MAX:
            return []
        self._doing.add(key)
        try:
            return self._compare(old, new, path)
        finally:
            self._doing.discard(key)

    def _compare(self, old: Schema, new: Schema, path: str) -> list[Problem]:  # noqa: PLR0911 - one per rule
        combined_old, combined_new = _combined(old), _combined(new)
        if combined_new and not combined_old:
            how, parts = combined_new
            takes_one = how != "allOf" or len(parts) == 1
            if takes_one and any(not self.compare(old, part, path) for part in parts):
                return []
        elif combined_old and not combined_new:
            _, parts = combined_old
            if len(parts) == 1 and not self.compare(parts[0], new, path):
                return []
        kind_old, kind_new = _kind(old), _kind(new)
        if kind_old != kind_new:
            if kind_old == "false" or kind_new == "empty":
                return []
            return [Problem("TYPE_CHANGED", path, f"{kind_old} is read as {kind_new}")]
        if combined_old and combined_new:
            return self._combined(combined_old, combined_new, path)
        if isinstance(old, bool) or isinstance(new, bool):
            return []
        by_kind: dict[str, Callable[[dict[str, Any], dict[str, Any], str], list[Problem]]] = {
            "object": self._object, "array": self._array, "string": string, "number": number, "enum": enum,
            "const": const, "not": self._not,
        }  # fmt: skip
        return by_kind[kind_old](old, new, path) if kind_old in by_kind else []

    def _combined(
        self, old: tuple[str, list[Schema]], new: tuple[str, list[Schema]], path: str
    ) -> list[Problem]:
        (how_old, parts_old), (how_new, parts_new) = old, new
        if how_old != how_new and not (
            how_new == "anyOf" or (len(parts_old) == 1 and (how_new == "oneOf" or len(parts_new) == 1))
        ):
            return [Problem("COMBINED_TYPE_CHANGED", path, f"{how_old} is read as {how_new}")]
        found = []
        if len(parts_old) < len(parts_new) and how_new == "allOf":
            found.append(Problem("PRODUCT_TYPE_EXTENDED", path, "one more schema has to be met"))
        if len(parts_old) > len(parts_new) and how_new != "allOf":
            found.append(Problem("SUM_TYPE_NARROWED", path, "fewer alternatives are taken"))
        takes = [
            [
                place
                for place, part in enumerate(parts_new)
                if not self.compare(one, part, f"{path}/{how_old}")
            ]
            for one in parts_old
        ]
        if matched(takes) < min(len(parts_old), len(parts_new)):
            found.append(
                Problem("COMBINED_TYPE_SUBSCHEMAS_CHANGED", path, "an alternative is not read as before")
            )
        return found

    def _not(self, old: dict[str, Any], new: dict[str, Any], path: str) -> list[Problem]:
        if self.compare(new["not"], old["not"], f"{path}/not"):
            return [Problem("NOT_TYPE_EXTENDED", path, "more is excluded")]
        return []

    def _object(self, old: dict[str, Any], new: dict[str, Any], path: str) -> list[Problem]:
        found = bounds(old, new, path, ("maxProperties",), ("minProperties",))
        was, now = old.get("properties", {}), new.get("properties", {})
        needed_before, needed = set(old.get("required", ())), set(new.get("required", ()))
        for name in was:
            if name in now and name in needed - needed_before and not _has_default(now[name]):
                found.append(
                    Problem("REQUIRED_ATTRIBUTE_ADDED", f"{path}/required/{name}", f"{name} is required now")
                )
        for name in sorted(was.keys() | now.keys()):
            where = f"{path}/properties/{name}"
            if name in was and name in now:
                found += self.compare(was[name], now[name], where)
            elif name in was:
                found += self._property_removed(was[name], new, name, where)
            else:
                found += self._property_added(old, now[name], name, where, is_required=name in needed)
        return (
            found
            + self._dependencies(old, new, path)
            + self._additional(old, new, "additionalProperties", path)
        )

    def _property_removed(self, was: Schema, new: dict[str, Any], name: str, where: str) -> list[Problem]:
        if _is_open(new):
            return []
        rest = _schema_for(new, name)
        if rest is not None:
            if self.compare(was, rest, where):
                return [Problem("PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL", where, name)]
            return []
        if was is False:
            return []
        return [Problem("PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL", where, f"{name} is refused now")]

    def _property_added(
        self, old: dict[str, Any], now: Schema, name: str, where: str, *, is_required: bool
    ) -> list[Problem]:
        if _is_open(old):
            if _kind(now) == "empty":
                return []
            return [
                Problem("PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL", where, f"{name} could be anything before")
            ]
        found = []
        rest = _schema_for(old, name)
        if rest is not None and self.compare(rest, now, where):
            found.append(Problem("PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL", where, name))
        if is_required and not _has_default(now):
            found.append(
                Problem("REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL", where, f"{name} is required")
            )
        return found

    def _additional(self, old: dict[str, Any], new: dict[str, Any], word: str, path: str) -> list[Problem]:
        was, now = old.get(word, True), new.get(word, True)
        where = f"{path}/{word}"
        if (was is not False) != (now is not False):
            return (
                []
                if now is not False
                else [Problem(f"{spelled(word)}_REMOVED", where, "what is not named is refused")]
            )
        if isinstance(now, dict) and not isinstance(was, dict):
            return [Problem(f"{spelled(word)}_NARROWED", where, "what is not named is restricted")]
        if isinstance(now, dict) and isinstance(was, dict):
            return self.compare(was, now, where)
        return []

    def _dependencies(self, old: dict[str, Any], new: dict[str, Any], path: str) -> list[Problem]:
        was = {**old.get("dependencies", {}), **old.get("dependentRequired", {})}
        now = {**new.get("dependencies", {}), **new.get("dependentRequired", {})}
        found = []
        for name, needs in now.items():
            where = f"{path}/dependencies/{name}"
            if name not in was:
                found.append(
                    Problem(
                        "DEPENDENCY_ARRAY_ADDED" if isinstance(needs, list) else "DEPENDENCY_SCHEMA_ADDED",
                        where,
                    )
                )
            elif isinstance(needs, list) and isinstance(was[name], list):
                if set(needs) - set(was[name]):
                    found.append(Problem("DEPENDENCY_ARRAY_EXTENDED", where))
            elif not isinstance(needs, list) and not isinstance(was[name], list):
                found += self.compare(was[name], needs, where)
        return found

    def _array(self, old: dict[str, Any], new: dict[str, Any], path: str) -> list[Problem]:
        found = bounds(old, new, path, ("maxItems",), ("minItems",))
        if new.get("uniqueItems") and not old.get("uniqueItems"):
            found.append(Problem("UNIQUE_ITEMS_ADDED", f"{path}/uniqueItems"))
        (all_old, tuple_old, rest_old), (all_new, tuple_new, rest_new) = items(old), items(new)
        found += self.compare(all_old, all_new, f"{path}/items")
        for place in range(max(len(tuple_old), len(tuple_new))):
            where = f"{path}/items/{place}"
            if place < len(tuple_old) and place < len(tuple_new):
                found += self.compare(tuple_old[place], tuple_new[place], where)
            elif place < len(tuple_old):
                found += self._item_removed(tuple_old[place], rest_new, where)
            else:
                found += self._item_added(rest_old, tuple_new[place], where)
        return found + self._additional(
            {"additionalItems": rest_old}, {"additionalItems": rest_new}, "additionalItems", path
        )

    def _item_removed(self, was: Schema, rest: Schema, where: str) -> list[Problem]:
        if rest is True or was is False:
            return []
        if rest is False:
            return [Problem("ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL", where)]
        return (
            [Problem("ITEM_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL", where)]
            if self.compare(was, rest, where)
            else []
        )

    def _item_added(self, rest: Schema, now: Schema, where: str) -> list[Problem]:
        if rest is True:
            return [] if _kind(now) == "empty" else [Problem("ITEM_ADDED_TO_OPEN_CONTENT_MODEL", where)]
        if rest is False:
            return []
        return (
            [Problem("ITEM_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL", where)]
            if self.compare(rest, now, where)
            else []
        )


def followed(schema: Schema, document: Schema) -> Schema:
    """Return what a schema refers to inside its document; itself where it refers to nothing."""
    for _ in range(_DEPTH_MAX):
        if isinstance(schema, bool) or "$ref" not in schema:
            return schema
        schema = _at(document, str(schema["$ref"]))
    return True


def _at(document: Schema, reference: str) -> Schema:
    """Return the part of a document that a `#/…` reference names; what is elsewhere is taken for anything."""
    value: Any = document
    if not reference.startswith("#"):
        return True
    for part in filter(None, reference[1:].split("/")):
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, list) and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        elif isinstance(value, dict) and name in value:
            value = value[name]
        else:
            raise SchemaUnreadableError(f"This JSON Schema refers to {reference[:80]}, which is not in it.")
    return value if isinstance(value, (dict, bool)) else True


def _combined(schema: Schema) -> tuple[str, list[Schema]] | None:
    """Return how several schemas are combined and which; several types are any of them, an enum with a type is both."""
    if isinstance(schema, bool):
        return None
    for how in _COMBINERS:
        if how in schema:
            base = {
                word: value
                for word, value in schema.items()
                if word not in (*_COMBINERS, "definitions", "$defs")
            }
            parts: list[Schema] = list(schema[how])
            if _kind(base) != "empty":
                return "allOf", [base, {how: parts}] if how != "allOf" else [base, *parts]
            return how, parts
    if isinstance(schema.get("type"), list):
        return "anyOf", [{**schema, "type": each} for each in schema["type"]]
    if "enum" in schema and "type" in schema:
        return "allOf", [
            {"enum": schema["enum"]},
            {word: value for word, value in schema.items() if word != "enum"},
        ]
    return None


def _kind(schema: Schema) -> str:  # noqa: PLR0911 - one answer per kind
    if isinstance(schema, bool):
        return "empty" if schema else "false"
    if any(how in schema for how in _COMBINERS) or isinstance(schema.get("type"), list):
        return "combined"
    if "enum" in schema:
        return "combined" if "type" in schema else "enum"
    if "const" in schema:
        return "const"
    if "type" in schema:
        return "number" if schema["type"] in ("number", "integer") else str(schema["type"])
    for kind, words in (("object", _OBJECT), ("array", _ARRAY), ("number", _NUMBER), ("string", _STRING)):
        if words & schema.keys():
            return kind
    return "not" if "not" in schema else "empty"


def _is_open(schema: dict[str, Any]) -> bool:
    return not schema.get("patternProperties") and schema.get("additionalProperties", True) is True


def _schema_for(schema: dict[str, Any], name: str) -> Schema | None:
    """Return what a member that is not named has to be, where the object is partly open; None where it is not."""
    for pattern, found in schema.get("patternProperties", {}).items():
        try:
            if re.search(pattern, name):
                return found  # type: ignore[no-any-return]
        except re.error:
            continue
    rest = schema.get("additionalProperties")
    return rest if isinstance(rest, dict) else None


def _has_default(schema: Schema) -> bool:
    return isinstance(schema, dict) and "default" in schema
