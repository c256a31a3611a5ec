"""The shape of a payload: the set of its (path, type) pairs. Values are looked at and left behind."""

from collections.abc import Hashable, Iterator
from hashlib import blake2b
from typing import Any, Final

import msgspec

NO_SHAPE: Final = 0
_SHAPES_MAX = 20_000
_MEMBERS_MAX = 256  # an object with more members is a map with data as keys
_ITEMS_MAX = 64  # items of an array that are looked at
_PATH_CHARACTERS_MAX = 256
_NESTED = frozenset({dict, list})
_TYPE_NAMES = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    type(None): "null",
    dict: "object",
    list: "array",
}


class ShapeReader:
    """Reads shapes of JSON payloads, remembering the structures that it has seen.

    Most payloads of a topic have one structure: its key is made of member names and types only, and is
    looked up before any path is written out. Bounded, because member names come from outside.
    """

    def __init__(self) -> None:
        self._decode = msgspec.json.Decoder().decode
        self._ids: dict[Hashable, int] = {}
        self.paths: dict[int, tuple[str, ...]] = {}

    def read(self, payload: bytes | None) -> int:
        """Return the shape id; NO_SHAPE where the payload is not a JSON object or array.

        Raises ValueError if it begins like JSON but is not.
        """
        if not payload or payload[0] not in b"{[":
            return NO_SHAPE
        try:
            value = self._decode(payload)
            key = _structure(value)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            raise ValueError("payload is not valid JSON") from error
        found = self._ids.get(key)
        return self._learn(key, value) if found is None else found

    def _learn(self, key: Hashable, value: Any) -> int:
        paths = tuple(sorted(set(_paths(value, ""))))
        shape_id = int.from_bytes(
            blake2b("\n".join(paths).encode(errors="replace"), digest_size=8).digest(), "big"
        )
        if len(self._ids) >= _SHAPES_MAX:
            self._ids.clear()
            self.paths.clear()
        self._ids[key] = shape_id
        self.paths[shape_id] = paths
        return shape_id


def _structure(value: Any) -> Hashable:
    """Return a key that is equal for values with the same members, order and types."""
    kind = type(value)
    if kind is dict:
        if len(value) > _MEMBERS_MAX:
            return dict, frozenset(map(_structure, list(value.values())[:_ITEMS_MAX]))
        # Scalars are told apart here rather than by a call each: this line is most of the cost of a shape.
        return tuple(value), tuple(
            [_structure(m) if (t := type(m)) in _NESTED else t for m in value.values()]
        )
    if kind is list:
        return list, frozenset(
            [_structure(m) if (t := type(m)) in _NESTED else t for m in value[:_ITEMS_MAX]]
        )
    return kind  # type: ignore[return-value]  # mypy does not see that types are hashable


def _paths(value: Any, path: str) -> Iterator[str]:
    yield f"{path[:_PATH_CHARACTERS_MAX] or '$'}:{_TYPE_NAMES[type(value)]}"
    if isinstance(value, dict):
        if len(value) > _MEMBERS_MAX:
            members = [("*", member) for member in list(value.values())[:_ITEMS_MAX]]
        else:
            members = list(value.items())
        for name, member in members:
            yield from _paths(member, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for item in value[:_ITEMS_MAX]:
            yield from _paths(item, f"{path}[]")
