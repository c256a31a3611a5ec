"""May readers with one schema read records written with another? By the rules of the format. Pure.

`problems(format, reader, writer)` is the one question; backward, forward, full and the transitive levels are asked of
it in both directions and of more versions. A change of format can never be read.
"""

from collections.abc import Sequence
from typing import Literal

from collector.detect import compat_avro, compat_json, compat_proto
from collector.detect.compat_problem import Problem, SchemaUnreadableError
from collector.detect.drift_fields import as_verdict
from schemas.drift import Verdict

Format = Literal["AVRO", "JSON", "PROTOBUF"]
Level = Literal[
    "NONE", "BACKWARD", "BACKWARD_TRANSITIVE", "FORWARD", "FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE"
]
LEVELS: tuple[Level, ...] = (
    "NONE", "BACKWARD", "BACKWARD_TRANSITIVE", "FORWARD", "FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE",
)  # fmt: skip
RULES: dict[Format, str] = {
    "AVRO": "Avro: schema resolution of reader and writer",
    "JSON": "JSON Schema: Confluent's strict rules of open and closed content models",
    "PROTOBUF": "Protobuf: Confluent's rules by field number",
}
_CHECKERS = {"AVRO": compat_avro.problems, "JSON": compat_json.problems, "PROTOBUF": compat_proto.problems}

__all__ = [
    "LEVELS",
    "RULES",
    "Format",
    "Level",
    "Problem",
    "SchemaUnreadableError",
    "check",
    "problems",
    "verdict",
]


def problems(format_: Format, reader: str, writer: str) -> list[Problem]:
    """Return why `reader` cannot read what was written with `writer`; nothing means that it can.

    Raises SchemaUnreadableError where one of the texts is no such schema.
    """
    return _CHECKERS[format_](reader, writer)


def check(level: Level, format_: Format, new: str, earlier: Sequence[str]) -> list[Problem]:
    """Return what keeps `new` from being registered after `earlier` (oldest first) under this level."""
    against = earlier if level.endswith("_TRANSITIVE") else earlier[-1:]
    found: list[Problem] = []
    for old in against:
        if level.startswith(("BACKWARD", "FULL")):
            found += problems(format_, new, old)
        if level.startswith(("FORWARD", "FULL")):
            found += problems(format_, old, new)
    return found


def verdict(format_: Format, old: str, new: str) -> Verdict:
    """Return who can read what after a change from `old` to `new`."""
    return as_verdict(backward=not problems(format_, new, old), forward=not problems(format_, old, new))
