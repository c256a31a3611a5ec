"""The shape of a payload: the set of its (path, type) pairs. Values are looked at and left behind.

Most payloads of a topic have one of few shapes. Such a shape is turned into a type, and msgspec then checks in
one go, in C, whether the next payload has exactly it; only what does not is taken apart in Python.
"""

import re
from collections.abc import Hashable, Iterator
from hashlib import blake2b
from typing import Annotated, Any, Final

import msgspec

NO_SHAPE: Final = 0
_SHAPES_MAX = 20_000
_HINTS_MAX = 20_000
_LEARNED_PER_HINT_MAX = 4
_MEMBERS_MAX = 256  # an object with more members is a map with data as keys
_ITEMS_MAX = 64  # items of an array that are looked at
_PATH_CHARACTERS_MAX = 256
_CLOUDEVENT_PATHS = frozenset({"specversion:string", "id:string", "source:string", "type:string"})
_OPENING = frozenset(b"{[")
# Names of members that are data: dates and times, plain numbers, UUIDs, long hexadecimal, mail addresses, and ids
# such as ord-20464. An object is a map only where all of its members are called so.
_DATA_NAME = re.compile(
    r"\d{4}-\d\d(?:-\d\d)?(?:[T ][\d:.,+Z-]*)?|[+-]?\d+(?:\.\d+)?"
    r"|[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|(?=[0-9A-Fa-f]*\d)[0-9A-Fa-f]{16,}"
    r"|[^\s@]+@[^\s@]+\.[^\s@]+|[A-Za-z]{1,12}[-_:/#]\d{3,}"
)
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
    """Reads shapes of JSON payloads and learns the common ones. Bounded: member names come from outside."""

    def __init__(self) -> None:
        self._decode = msgspec.json.Decoder().decode
        self._ids: dict[Hashable, int] = {}
        self._learned: dict[tuple[str, int], list[tuple[msgspec.json.Decoder[Any], int]]] = {}
        self._decoders: dict[Hashable, msgspec.json.Decoder[Any] | None] = {}
        self.paths: dict[int, tuple[str, ...]] = {}
        self.cloudevents: set[int] = set()
        """Shapes of CloudEvents in structured mode."""

    def read(self, topic: str, payload: bytes) -> int:
        """Return the shape id; NO_SHAPE where the payload is not a JSON object or array.

        A whole number stands for a number with decimals where the shape has one of those.
        Raises ValueError if it begins like JSON but is not.
        """
        if not payload or payload[0] not in _OPENING:
            return NO_SHAPE
        # Of one structure every payload has the same number of quotes, but for escaped ones.
        hint = (topic, payload.count(b'"'))
        for decoder, shape_id in self._learned.get(hint, ()):
            try:
                decoder.decode(payload)
            except (msgspec.DecodeError, RecursionError):
                continue
            return shape_id
        return self._take_apart(hint, payload)

    def _take_apart(self, hint: tuple[str, int], payload: bytes) -> int:
        try:
            value = self._decode(payload)
            key = _structure(value)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            raise ValueError("payload is not valid JSON") from error
        shape_id = self._ids.get(key)
        if shape_id is None:
            return self._remember(key, value)
        self._learn(hint, key, shape_id)
        return shape_id

    def _remember(self, key: Hashable, value: Any) -> int:
        paths = tuple(sorted(set(_paths(value, ""))))
        digest = blake2b("\n".join(paths).encode(errors="replace"), digest_size=8).digest()
        shape_id = int.from_bytes(digest, "big")
        if len(self._ids) >= _SHAPES_MAX:
            self._ids.clear()
            self.paths.clear()
            self.cloudevents.clear()
        self._ids[key] = shape_id
        self.paths[shape_id] = paths
        if _CLOUDEVENT_PATHS.issubset(paths):
            self.cloudevents.add(shape_id)
        return shape_id

    def _learn(self, hint: tuple[str, int], key: Hashable, shape_id: int) -> None:
        """Let a structure that came a second time be recognized in C from now on."""
        if len(self._learned) >= _HINTS_MAX:
            self._learned.clear()
        learned = self._learned.setdefault(hint, [])
        if len(learned) < _LEARNED_PER_HINT_MAX:
            decoder = self._decoder(key)
            if decoder is not None:
                learned.append((decoder, shape_id))

    def _decoder(self, key: Hashable) -> msgspec.json.Decoder[Any] | None:
        """Return the decoder that takes values of this structure and no others; None where there is no such one."""
        if key not in self._decoders:
            if len(self._decoders) >= _SHAPES_MAX:
                self._decoders.clear()
            exact = _exact_type(key)
            self._decoders[key] = None if exact is None else msgspec.json.Decoder(exact, strict=True)
        return self._decoders[key]


def _is_map(members: dict[str, Any]) -> bool:
    """Tell whether an object has data for names: then its members are one, and their names are no structure."""
    return len(members) > _MEMBERS_MAX or (bool(members) and all(map(_DATA_NAME.fullmatch, members)))


def _structure(value: Any) -> Hashable:
    """Return a key that is equal for values with the same members, order and types."""
    kind = type(value)
    if kind is dict:
        if _is_map(value):
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


def _exact_type(key: Any) -> Any:
    """Return a type that only values of this structure decode to; None where there is no such type."""
    if isinstance(key, type):
        return None if key is type(None) else key
    try:
        return _exact_container(key)
    except ValueError:  # a member name that msgspec does not match, with a quote or a control character in it
        return None


def _exact_container(key: Any) -> Any:
    head, inner = key
    if head is dict:
        return None
    if head is list:
        # One kind of item, and at least one of it: an array of several kinds would pass with one of them.
        item = _exact_type(next(iter(inner))) if len(inner) == 1 else None
        return None if item is None else Annotated[list[item], msgspec.Meta(min_length=1)]  # type: ignore[valid-type]
    members = [None if kind is type(None) else _exact_type(kind) for kind in inner]
    if any(member is None and kind is not type(None) for member, kind in zip(members, inner, strict=True)):
        return None
    names = [f"f{place}" for place in range(len(head))]
    return msgspec.defstruct(
        "Exact",
        list(zip(names, members, strict=True)),
        rename=dict(zip(names, head, strict=True)),
        forbid_unknown_fields=True,
        gc=False,
    )


def _paths(value: Any, path: str) -> Iterator[str]:
    yield f"{path[:_PATH_CHARACTERS_MAX] or '$'}:{_TYPE_NAMES[type(value)]}"
    if isinstance(value, dict):
        if _is_map(value):
            members = [("*", member) for member in list(value.values())[:_ITEMS_MAX]]
        else:
            members = list(value.items())
        for name, member in members:
            yield from _paths(member, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for item in value[:_ITEMS_MAX]:
            yield from _paths(item, f"{path}[]")
