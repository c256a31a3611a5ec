"""Pairs of schemas, old and new: every rule of each format, alone and inside other types."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from collector.detect.compat import Format


class Pair(NamedTuple):
    """Two versions of a schema; `name` says what changes."""

    format: Format
    name: str
    old: str
    new: str


def corpus() -> list[Pair]:
    """Return every pair; names are unique within a format."""
    pairs = [*_avro(), *_json(), *_proto()]
    assert len({(pair.format, pair.name) for pair in pairs}) == len(pairs)
    return pairs


# -- Avro

_PRIMITIVES = ("int", "long", "float", "double", "string", "bytes", "boolean", "null")


def _record(*fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "record", "name": "Order", "fields": [{"name": "id", "type": "string"}, *fields], **more}


def _field(kind: Any, name: str = "x", **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, **more}


def _enum(*symbols: str, **more: Any) -> dict[str, Any]:
    return {"type": "enum", "name": "Colour", "symbols": list(symbols), **more}


def _fixed(size: int, name: str = "Hash") -> dict[str, Any]:
    return {"type": "fixed", "name": name, "size": size}


def _avro() -> Iterator[Pair]:
    def pair(name: str, old: Any, new: Any) -> Pair:
        return Pair("AVRO", name, json.dumps(old), json.dumps(new))

    for one in _PRIMITIVES:
        for other in _PRIMITIVES:
            if one != other:
                yield pair(f"{one} to {other}", _record(_field(one)), _record(_field(other)))
    x, default = _field("int"), _field("int", default=0)
    yield pair("the same", _record(x), _record(x))
    yield pair("field added", _record(), _record(x))
    yield pair("field with default added", _record(), _record(default))
    yield pair("default added", _record(x), _record(default))
    yield pair("field renamed", _record(x), _record(_field("int", "y")))
    yield pair("field renamed with alias", _record(x), _record(_field("int", "y", aliases=["x"])))
    yield pair("field renamed with default", _record(x), _record(_field("int", "y", default=1)))
    yield pair("order of fields", _record(x, _field("int", "y")), _record(_field("int", "y"), x))
    yield pair("doc added", _record(x), _record(_field("int", doc="of x")))
    yield pair("record renamed", _record(x), {**_record(x), "name": "Purchase"})
    yield pair(
        "record renamed with alias", _record(x), {**_record(x), "name": "Purchase", "aliases": ["Order"]}
    )
    yield pair("namespace added", _record(x), _record(x, namespace="shop"))
    for outside in ("array", "map"):
        inside = "items" if outside == "array" else "values"
        for one, other in (("int", "long"), ("int", "string"), ("long", "int")):
            old, new = ({"type": outside, inside: each} for each in (one, other))
            yield pair(f"{outside} of {one} to {other}", _record(_field(old)), _record(_field(new)))
    yield pair(
        "array to map",
        _record(_field({"type": "array", "items": "int"})),
        _record(_field({"type": "map", "values": "int"})),
    )
    kinds: dict[str, tuple[Any, Any]] = {
        "enum widened": (_enum("RED"), _enum("RED", "BLUE")),
        "enum narrowed": (_enum("RED", "BLUE"), _enum("RED")),
        "enum with default narrowed": (_enum("RED", "BLUE"), _enum("RED", default="RED")),
        "enum with default widened": (_enum("RED", default="RED"), _enum("RED", "BLUE", default="RED")),
        "enum renamed": (_enum("RED"), {**_enum("RED"), "name": "Color"}),
        "enum order": (_enum("RED", "BLUE"), _enum("BLUE", "RED")),
        "enum to string": (_enum("RED"), "string"),
        "string to enum": ("string", _enum("RED")),
        "fixed grown": (_fixed(4), _fixed(8)),
        "fixed renamed": (_fixed(4), _fixed(4, "Digest")),
        "fixed to bytes": (_fixed(4), "bytes"),
        "bytes to fixed": ("bytes", _fixed(4)),
        "made nullable": ("int", ["null", "int"]),
        "made not nullable": (["null", "int"], "int"),
        "union widened": (["null", "int"], ["null", "int", "string"]),
        "union narrowed": (["null", "int", "string"], ["null", "int"]),
        "union order": (["null", "int"], ["int", "null"]),
        "branch promoted": (["null", "int"], ["null", "long"]),
        "branch demoted": (["null", "long"], ["null", "int"]),
        "int to a union with long": ("int", ["null", "long"]),
        "union of numbers to double": (["int", "float"], "double"),
        "string to union without it": ("string", ["null", "int"]),
        "logical type added": ("long", {"type": "long", "logicalType": "timestamp-millis"}),
        "logical type removed": ({"type": "int", "logicalType": "date"}, "int"),
        "decimal scale changed": (
            {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2},
            {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 4},
        ),
    }
    for name, (old, new) in kinds.items():
        yield pair(name, _record(_field(old)), _record(_field(new)))
    inner = {"type": "record", "name": "Line", "fields": [{"name": "sku", "type": "string"}]}
    more = {**inner, "fields": [*inner["fields"], {"name": "qty", "type": "int"}]}
    usual = {**inner, "fields": [*inner["fields"], {"name": "qty", "type": "int", "default": 1}]}
    for name, wrap in (
        ("record", lambda s: s),
        ("array", lambda s: {"type": "array", "items": s}),
        ("union", lambda s: ["null", s]),
    ):
        yield pair(f"field added in {name}", _record(_field(wrap(inner))), _record(_field(wrap(more))))
        yield pair(
            f"field with default added in {name}", _record(_field(wrap(inner))), _record(_field(wrap(usual)))
        )
        yield pair(f"field removed in {name}", _record(_field(wrap(more))), _record(_field(wrap(inner))))
    tree = _record(_field(["null", "Order"], "next"))
    yield pair("recursive", tree, _record(_field(["null", "Order"], "next"), default))
    yield pair("recursive field without default", tree, _record(_field(["null", "Order"], "next"), x))


# -- JSON Schema


def _object(*required: str, **properties: Any) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "properties": properties,
    }  # fmt: skip
    return schema | ({"required": list(required)} if required else {})


def _json() -> Iterator[Pair]:
    def pair(name: str, old: Any, new: Any) -> Pair:
        return Pair("JSON", name, json.dumps(old), json.dumps(new))

    text, whole = {"type": "string"}, {"type": "integer"}
    models: dict[str, dict[str, Any]] = {
        "open": {},
        "closed": {"additionalProperties": False},
        "partly open": {"additionalProperties": {"type": "string"}},
    }
    for model, more in models.items():
        one, two = _object("a", a=text), _object("a", a=text, b=text)
        needed, usual = (
            _object("a", "b", a=text, b=text),
            _object("a", "b", a=text, b={**text, "default": "x"}),
        )
        yield pair(f"optional property added, {model}", one | more, two | more)
        yield pair(f"required property added, {model}", one | more, needed | more)
        yield pair(f"required property with default added, {model}", one | more, usual | more)
        yield pair(
            f"property of another type added, {model}", one | more, _object("a", a=text, b=whole) | more
        )
        yield pair(f"property removed, {model}", two | more, one | more)
        yield pair(f"required property removed, {model}", needed | more, one | more)
        yield pair(f"made required, {model}", two | more, needed | more)
        yield pair(
            f"made required with default, {model}",
            _object("a", a=text, b={**text, "default": "x"}) | more,
            usual | more,
        )
        yield pair(f"made optional, {model}", needed | more, two | more)
        yield pair(f"property retyped, {model}", two | more, _object("a", a=text, b=whole) | more)
        yield pair(f"property renamed, {model}", two | more, _object("a", a=text, c=text) | more)
        yield pair(f"empty property added, {model}", one | more, _object("a", a=text, b={}) | more)
        for other, rest in models.items():
            if other != model:
                yield pair(f"{model} to {other}", one | more, one | rest)
    words: dict[str, tuple[Any, Any]] = {
        "integer to number": (whole, {"type": "number"}),
        "string to integer": (text, whole),
        "string to nullable": (text, {"type": ["string", "null"]}),
        "types widened": ({"type": ["string", "null"]}, {"type": ["string", "null", "integer"]}),
        "string to one of string and integer": (text, {"oneOf": [text, whole]}),
        "string to any of integer and boolean": (text, {"anyOf": [whole, {"type": "boolean"}]}),
        "one of widened": ({"oneOf": [text, whole]}, {"oneOf": [text, whole, {"type": "boolean"}]}),
        "one of to any of": ({"oneOf": [text, whole]}, {"anyOf": [text, whole]}),
        "any of to all of": ({"anyOf": [text, whole]}, {"allOf": [text, whole]}),
        "branch retyped": ({"oneOf": [text, whole]}, {"oneOf": [text, {"type": "boolean"}]}),
        "all of extended": ({"allOf": [{"minLength": 1}]}, {"allOf": [{"minLength": 1}, {"maxLength": 9}]}),
        "enum widened": ({"enum": ["a"]}, {"enum": ["a", "b"]}),
        "enum exchanged": ({"enum": ["a"]}, {"enum": ["b"]}),
        "typed enum widened": ({"type": "string", "enum": ["a"]}, {"type": "string", "enum": ["a", "b"]}),
        "string to enum": (text, {"enum": ["a"]}),
        "const to another": ({"const": 1}, {"const": 2}),
        "maximum raised": (whole | {"maximum": 1}, whole | {"maximum": 2}),
        "maximum added": (whole, whole | {"maximum": 2}),
        "minimum raised": (whole | {"minimum": 1}, whole | {"minimum": 2}),
        "exclusive minimum added": (whole, whole | {"exclusiveMinimum": 2}),
        "multiple of added": (whole, whole | {"multipleOf": 2}),
        "multiple of divided": (whole | {"multipleOf": 4}, whole | {"multipleOf": 2}),
        "multiple of exchanged": (whole | {"multipleOf": 4}, whole | {"multipleOf": 3}),
        "max length raised": (text | {"maxLength": 1}, text | {"maxLength": 2}),
        "min length added": (text, text | {"minLength": 2}),
        "pattern added": (text, text | {"pattern": "^a"}),
        "pattern exchanged": (text | {"pattern": "^b"}, text | {"pattern": "^a"}),
        "max items added": ({"type": "array"}, {"type": "array", "maxItems": 3}),
        "min items raised": ({"type": "array", "minItems": 1}, {"type": "array", "minItems": 3}),
        "unique items added": ({"type": "array"}, {"type": "array", "uniqueItems": True}),
        "items retyped": ({"type": "array", "items": whole}, {"type": "array", "items": text}),
        "items widened": ({"type": "array", "items": whole}, {"type": "array", "items": {"type": "number"}}),
        "items added": ({"type": "array"}, {"type": "array", "items": text}),
        "tuple longer": ({"type": "array", "items": [text]}, {"type": "array", "items": [text, whole]}),
        "closed tuple longer": (
            {"type": "array", "items": [text], "additionalItems": False},
            {"type": "array", "items": [text, whole], "additionalItems": False},
        ),
        "description added": (text, text | {"description": "x"}),
        "default changed": (text | {"default": "x"}, text | {"default": "y"}),
        "anything to string": ({}, text),
        "not widened": ({"not": {"type": "string"}}, {"not": {"type": ["string", "integer"]}}),
        "max properties added": ({"type": "object"}, {"type": "object", "maxProperties": 3}),
    }
    for name, (old, new) in words.items():
        yield pair(name, _object(a=old), _object(a=new))
        if name not in ("description added", "default changed"):
            yield pair(f"{name}, undone", _object(a=new), _object(a=old))
    refs = {"definitions": {"line": text}}
    yield pair("reference to what it said", _object(a=text), _object(a={"$ref": "#/definitions/line"}) | refs)
    yield pair(
        "reference retyped",
        _object(a={"$ref": "#/definitions/line"}) | refs,
        _object(a={"$ref": "#/definitions/line"}) | {"definitions": {"line": whole}},
    )
    nested = _object(a=_object("b", b=text))
    yield pair("required property added inside", nested, _object(a=_object("b", "c", b=text, c=text)))
    yield pair("property removed inside", _object(a=_object("b", b=text, c=text)), nested)


# -- Protobuf

_HEAD = 'syntax = "proto3";\npackage shop;\n'
_SCALARS = (
    "int32",
    "int64",
    "uint32",
    "bool",
    "sint32",
    "string",
    "bytes",
    "fixed32",
    "fixed64",
    "float",
    "double",
)


def _message(body: str, name: str = "Order") -> str:
    return f"{_HEAD}message {name} {{\n  string id = 1;\n{body}\n}}\n"


def _proto() -> Iterator[Pair]:
    def pair(name: str, old: str, new: str) -> Pair:
        return Pair("PROTOBUF", name, old, new)

    for place, one in enumerate(_SCALARS):
        other = _SCALARS[(place + 1) % len(_SCALARS)]
        for name, change in (("next", other), ("int64", "int64"), ("string", "string")):
            if change != one and not (name != "next" and change == other):
                yield pair(f"{one} to {change}", _message(f"  {one} x = 2;"), _message(f"  {change} x = 2;"))
    bodies: dict[str, tuple[str, str]] = {
        "the same": ("  int32 x = 2;", "  int32 x = 2;"),
        "field added": ("", "  int32 x = 2;"),
        "field renamed": ("  int32 x = 2;", "  int32 y = 2;"),
        "field renumbered": ("  int32 x = 2;", "  int32 x = 3;"),
        "field removed and reserved": ("  int32 x = 2;", "  reserved 2;"),
        "number made repeated": ("  int32 x = 2;", "  repeated int32 x = 2;"),
        "string made repeated": ("  string x = 2;", "  repeated string x = 2;"),
        "bytes made repeated": ("  bytes x = 2;", "  repeated bytes x = 2;"),
        "made optional": ("  int32 x = 2;", "  optional int32 x = 2;"),
        "scalar to message": ("  string x = 2;", "  message Line { string sku = 1; }\n  Line x = 2;"),
        "scalar to map": ("  string x = 2;", "  map<string, string> x = 2;"),
        "map value retyped": ("  map<string, int32> x = 2;", "  map<string, string> x = 2;"),
        "map value widened": ("  map<string, int32> x = 2;", "  map<string, int64> x = 2;"),
        "map key retyped": ("  map<int32, string> x = 2;", "  map<string, string> x = 2;"),
        "message field renamed type": (
            "  message Line { string sku = 1; }\n  Line x = 2;",
            "  message Row { string sku = 1; }\n  Row x = 2;",
        ),
        "field added inside": (
            "  message Line { string sku = 1; }\n  Line x = 2;",
            "  message Line { string sku = 1; int32 qty = 2; }\n  Line x = 2;",
        ),
        "field retyped inside": (
            "  message Line { string sku = 1; }\n  Line x = 2;",
            "  message Line { int32 sku = 1; }\n  Line x = 2;",
        ),
        "unused message added": ("", "  message Line { string sku = 1; }"),
        "enum constant added": ("  enum E { A = 0; }\n  E x = 2;", "  enum E { A = 0; B = 1; }\n  E x = 2;"),
        "enum constant renamed": (
            "  enum E { A = 0; B = 1; }\n  E x = 2;",
            "  enum E { A = 0; C = 1; }\n  E x = 2;",
        ),
        "enum to int32": ("  enum E { A = 0; }\n  E x = 2;", "  int32 x = 2;"),
        "enum to string": ("  enum E { A = 0; }\n  E x = 2;", "  string x = 2;"),
        "unused enum added": ("", "  enum E { A = 0; }"),
        "oneof added": ("", "  oneof how { string card = 2; string cash = 3; }"),
        "one field into new oneof": ("  string card = 2;", "  oneof how { string card = 2; }"),
        "two fields into a oneof": (
            "  string card = 2;\n  string cash = 3;",
            "  oneof how { string card = 2; string cash = 3; }",
        ),
        "field into existing oneof": (
            "  string card = 2;\n  oneof how { string cash = 3; }",
            "  oneof how { string card = 2; string cash = 3; }",
        ),
        "field added to oneof": (
            "  oneof how { string cash = 3; }",
            "  oneof how { string cash = 3; string card = 2; }",
        ),
        "field of oneof retyped": ("  oneof how { string cash = 3; }", "  oneof how { int32 cash = 3; }"),
        "oneof renamed": ("  oneof how { string cash = 3; }", "  oneof way { string cash = 3; }"),
    }
    for name, (old, new) in bodies.items():
        yield pair(name, _message(old), _message(new))
        if name != "the same":
            yield pair(f"{name}, undone", _message(new), _message(old))
    order = _message("  int32 x = 2;")
    yield pair("package changed", order, order.replace("package shop", "package store"))
    yield pair("message renamed", order, _message("  int32 x = 2;", "Purchase"))
    yield pair("second message added", order, f"{order}message Line {{ string sku = 1; }}\n")
    yield pair("second message removed", f"{order}message Line {{ string sku = 1; }}\n", order)
    two = 'syntax = "proto2";\npackage shop;\nmessage Order { required string id = 1; %s }\n'
    yield pair("required added", two % "", two % "required int32 x = 2;")
    yield pair("required removed", two % "required int32 x = 2;", two % "")
    yield pair("optional added", two % "", two % "optional int32 x = 2;")
    yield pair("required made optional", two % "required int32 x = 2;", two % "optional int32 x = 2;")
