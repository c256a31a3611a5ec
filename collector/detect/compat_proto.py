"""Protobuf: may a reader's schema read what a writer's schema wrote? Confluent's rules, by field number. Pure.

What is compatible on the wire and what the rules forbid are not the same: a package or a message that is renamed
reads well, but generated code and registries look it up by name.
"""

from dataclasses import dataclass, field
from typing import Any

from antlr4.error.ErrorListener import ErrorListener
from proto_schema_parser import ast
from proto_schema_parser.parser import Parser

from collector.detect.compat_problem import Problem, SchemaUnreadableError

_SCALARS = {
    **dict.fromkeys(("int32", "int64", "uint32", "uint64", "bool"), "number"),
    **dict.fromkeys(("sint32", "sint64"), "signed number"),
    **dict.fromkeys(("string", "bytes"), "string or bytes"),
    **dict.fromkeys(("fixed32", "sfixed32"), "fixed32"),
    **dict.fromkeys(("fixed64", "sfixed64"), "fixed64"),
    "float": "float",
    "double": "double",
}


@dataclass(frozen=True)
class Field:
    """A field; `type` is as written, or `map<key, value>`; `oneof` is empty outside of one."""

    name: str
    number: int
    type: str
    label: str
    oneof: str = ""
    key_type: str = ""


@dataclass
class Message:
    """A message with what is declared inside."""

    name: str
    fields: dict[int, Field] = field(default_factory=dict)
    oneofs: set[str] = field(default_factory=set)
    messages: dict[str, "Message"] = field(default_factory=dict)
    enums: set[str] = field(default_factory=set)


@dataclass
class File:
    """A .proto file. `types` holds every declared name below the package: a message, or None for an enum."""

    package: str = ""
    root: Message = field(default_factory=lambda: Message(""))
    types: dict[str, Message | None] = field(default_factory=dict)


def problems(reader: str, writer: str) -> list[Problem]:
    """See collector.detect.compat.problems."""
    new, old = parse(reader), parse(writer)
    found = []
    if new.package != old.package:
        found.append(
            Problem("PACKAGE_CHANGED", "", f"{old.package or 'none'} is now {new.package or 'none'}")
        )
    return found + _compare_types(old, new, old.root, new.root, "")


def parse(text: str) -> File:
    """Return what a .proto file declares. Raises SchemaUnreadableError."""
    try:
        parsed = Parser(setup_lexer=_strict, setup_parser=_strict).parse(text)
    except Exception as error:  # the parser raises what its grammar's runtime raises
        raise SchemaUnreadableError(f"This is no Protobuf schema: {str(error)[:200]}") from error
    file = File()
    for element in parsed.file_elements:
        if isinstance(element, ast.Package):
            file.package = element.name
    _declare(file, file.root, parsed.file_elements, "")
    if not file.types:
        raise SchemaUnreadableError("This is no Protobuf schema: it declares no message.")
    return file


class _Raise(ErrorListener):  # type: ignore[misc]
    """Makes a mistake in the text an error: left alone, the parser prints it and goes on with what it can read."""

    def syntaxError(self, _recognizer: Any, _symbol: Any, line: int, column: int, said: str, _: Any) -> None:  # noqa: N802
        raise ValueError(f"line {line}:{column} {said[:80]}")


def _strict(recognizer: Any) -> None:
    recognizer.removeErrorListeners()
    recognizer.addErrorListener(_Raise())


def _declare(file: File, into: Message, elements: list[Any], scope: str) -> None:
    for element in elements:
        if isinstance(element, ast.Message):
            name = f"{scope}{element.name}"
            message = into.messages[element.name] = file.types[name] = Message(element.name)
            _declare(file, message, element.elements, f"{name}.")
        elif isinstance(element, ast.Enum):
            into.enums.add(element.name)
            file.types[f"{scope}{element.name}"] = None
        elif isinstance(element, ast.OneOf):
            into.oneofs.add(element.name)
            for each in element.elements:
                if isinstance(each, ast.Field):
                    into.fields[each.number] = _field(each, element.name)
        elif isinstance(element, ast.MapField):
            into.fields[element.number] = Field(
                element.name, element.number, element.value_type, "map", key_type=element.key_type
            )
        elif isinstance(element, ast.Field):
            into.fields[element.number] = _field(element)


def _field(element: ast.Field, oneof: str = "") -> Field:
    label = element.cardinality.value.lower() if element.cardinality else ""
    return Field(element.name, element.number, element.type, label, oneof)


def _compare_types(old: File, new: File, before: Message, after: Message, scope: str) -> list[Problem]:
    found = []
    for name, message in before.messages.items():
        path = f"{scope}{name}"
        if name in after.messages:
            found += _compare_message(old, new, message, after.messages[name], path)
        elif not _moved(new, name):
            found.append(Problem("MESSAGE_REMOVED", path, f"the message {path} is gone"))
    return found


def _moved(new: File, name: str) -> bool:
    return any(path.rpartition(".")[2] == name and message for path, message in new.types.items())


def _compare_message(old: File, new: File, before: Message, after: Message, path: str) -> list[Problem]:
    found = _compare_oneofs(before, after, path)
    for number in sorted(before.fields.keys() | after.fields.keys()):
        was, now = before.fields.get(number), after.fields.get(number)
        where = f"{path}/{number}"
        if was is None and now is not None:
            if now.label == "required":
                found.append(Problem("REQUIRED_FIELD_ADDED", where, f"{now.name} is required"))
        elif now is None and was is not None:
            if was.label == "required":
                found.append(Problem("REQUIRED_FIELD_REMOVED", where, f"{was.name} was required"))
            elif was.oneof and was.oneof in after.oneofs:
                found.append(Problem("ONEOF_FIELD_REMOVED", where, f"{was.name} left {was.oneof}"))
        elif was is not None and now is not None:
            found += _compare_field(old, new, was, now, path, where)
    return found + _compare_types(old, new, before, after, f"{path}.")


def _compare_oneofs(before: Message, after: Message, path: str) -> list[Problem]:
    found = []
    for oneof in sorted(after.oneofs):
        members = [number for number, each in after.fields.items() if each.oneof == oneof]
        moved = [number for number in members if number in before.fields and not before.fields[number].oneof]
        kept = [number for number in members if number in before.fields and before.fields[number].oneof]
        where = f"{path}/{oneof}"
        if len(moved) > 1:
            found.append(
                Problem(
                    "MULTIPLE_FIELDS_MOVED_TO_ONEOF", where, f"{len(moved)} fields exclude each other now"
                )
            )
        elif moved and kept:
            found.append(Problem("FIELD_MOVED_TO_EXISTING_ONEOF", where, after.fields[moved[0]].name))
    return found


def _compare_field(old: File, new: File, was: Field, now: Field, scope: str, where: str) -> list[Problem]:
    kind_was, kind_now = _kind(old, was, scope), _kind(new, now, scope)
    if kind_was != kind_now:
        return [Problem("FIELD_KIND_CHANGED", where, f"{was.name} was {_said(was)} and is {_said(now)}")]
    if was.label != now.label and "repeated" in (was.label, now.label) and kind_was == "scalar":
        kind = _scalar(old, was.type, scope)
        if kind != "string or bytes":
            return [
                Problem(
                    "FIELD_NUMERIC_LABEL_CHANGED", where, f"{was.name} was {_said(was)} and is {_said(now)}"
                )
            ]
    pairs = [(was.type, now.type)] + ([(was.key_type, now.key_type)] if kind_was == "map" else [])
    return [
        problem for before, after in pairs for problem in _compare_type(old, new, before, after, scope, where)
    ]


def _compare_type(old: File, new: File, was: str, now: str, scope: str, where: str) -> list[Problem]:
    before, after = _scalar(old, was, scope), _scalar(new, now, scope)
    if before and after:
        if before != after:
            return [Problem("FIELD_SCALAR_KIND_CHANGED", where, f"{was} is read as {now}")]
        return []
    if before or after:
        return [Problem("FIELD_KIND_CHANGED", where, f"{was} is read as {now}")]
    if _local(old, was, scope) != _local(new, now, scope):
        return [Problem("FIELD_NAMED_TYPE_CHANGED", where, f"{was} is read as {now}")]
    return []


def _kind(file: File, each: Field, scope: str) -> str:
    if each.label == "map":
        return "map"
    return "scalar" if _scalar(file, each.type, scope) else "message"


def _scalar(file: File, type_: str, scope: str) -> str:
    """Return the group of scalars that read each other, empty for a message."""
    if type_ in _SCALARS:
        return _SCALARS[type_]
    name = _local(file, type_, scope)
    return "number" if name in file.types and file.types[name] is None else ""


def _local(file: File, type_: str, scope: str) -> str:
    """Return a type's name below the package, looked up from the inside out."""
    name = type_.removeprefix(".")
    if file.package and name.startswith(f"{file.package}."):
        return name.removeprefix(f"{file.package}.")
    around = scope
    while around:
        if f"{around}.{name}" in file.types:
            return f"{around}.{name}"
        around = around.rpartition(".")[0]
    return name


def _said(each: Field) -> str:
    return (
        f"map<{each.key_type}, {each.type}>" if each.label == "map" else f"{each.label} {each.type}".strip()
    )
