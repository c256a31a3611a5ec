"""JSON Schema: the keywords that need no look into other schemas. What is narrowed breaks; what is widened does not."""

import re
from collections.abc import Iterable
from typing import Any

from collector.detect.compat_problem import Problem

Schema = dict[str, Any] | bool


def items(schema: dict[str, Any]) -> tuple[Schema | None, list[Schema], Schema]:
    """Return the schema of all items, those by place, and that of the rest."""
    if "prefixItems" in schema:
        return None, schema["prefixItems"], schema.get("items", True)
    items = schema.get("items")
    if isinstance(items, list):
        return None, items, schema.get("additionalItems", True)
    return items, [], True


def bounds(
    old: dict[str, Any], new: dict[str, Any], path: str, upper: Iterable[str], lower: Iterable[str]
) -> list[Problem]:
    """Return which upper and lower bounds let less through than before."""
    found = []
    for word, sign in [*((word, 1) for word in upper), *((word, -1) for word in lower)]:
        was, now = old.get(word), new.get(word)
        if isinstance(now, bool) or isinstance(was, bool) or now is None:
            continue
        if was is None:
            found.append(Problem(f"{spelled(word)}_ADDED", f"{path}/{word}", f"{now}"))
        elif sign * now < sign * was:
            found.append(
                Problem(
                    f"{spelled(word)}_{'DECREASED' if sign > 0 else 'INCREASED'}",
                    f"{path}/{word}",
                    f"{was} is now {now}",
                )
            )
    return found


def string(old: dict[str, Any], new: dict[str, Any], path: str) -> list[Problem]:
    """Return what is narrowed of a text."""
    found = bounds(old, new, path, ("maxLength",), ("minLength",))
    if "pattern" in new and new["pattern"] != old.get("pattern"):
        found.append(Problem("PATTERN_CHANGED" if "pattern" in old else "PATTERN_ADDED", f"{path}/pattern"))
    return found


def number(old: dict[str, Any], new: dict[str, Any], path: str) -> list[Problem]:
    """Return what is narrowed of a number."""
    found = bounds(old, new, path, ("maximum", "exclusiveMaximum"), ("minimum", "exclusiveMinimum"))
    if new.get("type") == "integer" and old.get("type") != "integer":
        found.append(Problem("TYPE_NARROWED", path, "number is read as integer"))
    was, now = old.get("multipleOf"), new.get("multipleOf")
    if now is not None and now != was:
        if was is None:
            found.append(Problem("MULTIPLE_OF_ADDED", f"{path}/multipleOf", f"{now}"))
        elif was % now:
            kind = "EXPANDED" if now % was == 0 else "CHANGED"
            found.append(Problem(f"MULTIPLE_OF_{kind}", f"{path}/multipleOf", f"{was} is now {now}"))
    return found


def enum(old: dict[str, Any], new: dict[str, Any], path: str) -> list[Problem]:
    """Return the problem that listed values are gone."""
    gone = [value for value in old["enum"] if value not in new["enum"]]
    return (
        [Problem("ENUM_ARRAY_NARROWED", f"{path}/enum", f"{len(gone)} values are not taken any more")]
        if gone
        else []
    )


def const(old: dict[str, Any], new: dict[str, Any], path: str) -> list[Problem]:
    """Return the problem that the only value is another one."""
    return [] if old["const"] == new["const"] else [Problem("CONST_CHANGED", f"{path}/const")]


def matched(takes: list[list[int]]) -> int:
    """Return how many of one side can be paired with different ones of the other (augmenting paths)."""
    pair: dict[int, int] = {}

    def place(one: int, seen: set[int]) -> bool:
        for other in takes[one]:
            if other not in seen:
                seen.add(other)
                if other not in pair or place(pair[other], seen):
                    pair[other] = one
                    return True
        return False

    return sum(place(one, set()) for one in range(len(takes)))


def spelled(word: str) -> str:
    """Return a keyword as problems write it: minLength is MIN_LENGTH."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", word).upper()
