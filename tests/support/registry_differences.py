"""Where Apicurio Registry 3.3.3 and our verdicts differ, and why. Ours follow Confluent's rules in every one of these.

The reference is what Confluent's registry and serializers do (for Avro the specification, where nothing differs).
Apicurio has rules of its own: for Protobuf it compares names and types as text and asks for numbers to be reserved.
"""

from collections.abc import Mapping

JSON_WHY: Mapping[str, tuple[str, ...]] = {
    "Confluent lets a property become required if it has a default (REQUIRED_ATTRIBUTE_WITH_DEFAULT_ADDED); "
    "Apicurio does not look at defaults": (
        "made required with default, open", "made required with default, closed",
        "made required with default, partly open",
    ),
    "Confluent lets a required property with a default into an object that is not open "
    "(REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_UNOPEN_CONTENT_MODEL); Apicurio does not look at defaults": (
        "required property with default added, closed", "required property with default added, partly open",
    ),
    "Confluent takes a property that may be anything for no restriction "
    "(PROPERTY_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL, or covered by the partly open model); Apicurio refuses "
    "every property that is new there": ("empty property added, open", "empty property added, partly open"),
    "Confluent lets a schema become one of several alternatives if one of them takes it (SUM_TYPE_EXTENDED); Apicurio "
    "compares a oneOf with a oneOf only": (
        "string to one of string and integer", "string to one of string and integer, undone",
    ),
    "Confluent lets what is excluded shrink (NOT_TYPE_NARROWED); Apicurio refuses every change inside not": (
        "not widened", "not widened, undone",
    ),
}  # fmt: skip
PROTOBUF_WHY: Mapping[str, tuple[str, ...]] = {
    "types that are the same on the wire (int32, int64, uint32, bool, enums; string and bytes; repeated string) are "
    "compatible for Confluent; Apicurio wants the type to be the same": (
        "int32 to int64", "int64 to uint32", "uint32 to bool", "uint32 to int64", "bool to int64", "string to bytes",
        "bytes to string", "string made repeated", "string made repeated, undone", "bytes made repeated",
        "bytes made repeated, undone", "made optional", "made optional, undone", "map value widened",
        "map value widened, undone", "enum to int32", "enum to int32, undone", "required made optional",
    ),
    "names are not on the wire: Confluent lets fields and enum constants be renamed (FIELD_NAME_CHANGED), and a field "
    "that is renumbered is one removed and one added; Apicurio wants names and numbers to stay together": (
        "field renamed", "field renamed, undone", "field renumbered", "field renumbered, undone",
        "enum constant renamed", "enum constant renamed, undone",
    ),
    "Confluent lets fields, oneofs and enum constants be removed (FIELD_REMOVED, ONEOF_REMOVED, ENUM_CONST_REMOVED), "
    "so adding is compatible both ways; Apicurio lets nothing be removed, reserved or not": (
        "field added", "field added, undone", "field added inside", "field added inside, undone",
        "field removed and reserved", "field removed and reserved, undone", "enum constant added",
        "enum constant added, undone", "oneof added", "oneof added, undone", "optional added",
    ),
    "Confluent refuses to let fields that could be set together exclude each other (MULTIPLE_FIELDS_MOVED_TO_ONEOF, "
    "FIELD_MOVED_TO_EXISTING_ONEOF): a reader would lose one of them; Apicurio does not look at oneofs here": (
        "two fields into a oneof", "two fields into a oneof, undone", "field into existing oneof",
        "field into existing oneof, undone",
    ),
    "Confluent refuses another package (PACKAGE_CHANGED): messages are found by their full name; Apicurio does not "
    "look at it": ("package changed",),
}  # fmt: skip


def why(format_: str, name: str) -> str:
    """Return why the two differ on a pair of the corpus; empty where it is not known."""
    reasons = {"JSON": JSON_WHY, "PROTOBUF": PROTOBUF_WHY}.get(format_, {})
    return next((reason for reason, names in reasons.items() if name in names), "")
