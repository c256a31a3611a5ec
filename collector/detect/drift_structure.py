"""What a payload's structure answers to: is this field there, of what type is it. Pure.

A structure is looked at as answers to questions, so that optional fields, unions and empty arrays are no news: a
question about a field is asked only where the object around it is there, one about its type only where the field is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

ROOT = "$"
FORMAT = "$format"
SCHEMA = "$schema-id"
NOT = "-"
DECIMAL = "decimal"
_MAP_CHILDREN_MIN = 30
_MAP_CHILD_SHARE_MAX = 0.1


class Question(NamedTuple):
    """`has`: is the field there? (answers yes, no). `is`: of what type? (answers types; `-type` = not this one)."""

    about: str
    path: str


class Counted(NamedTuple):
    """How many records had a structure. `shape_id` 0 = none, `schema_id` empty = none."""

    shape_id: int
    schema_id: str
    events: int


@dataclass(frozen=True)
class Structure:
    """The types of each path, with numbers as one type (`decimal` beside it where there were any)."""

    shape_id: int
    schema_id: str
    types: Mapping[str, frozenset[str]]
    parents: Mapping[str, str] = field(default_factory=dict)

    def __deepcopy__(self, _: object) -> "Structure":
        return self

    def asked(self, question: Question) -> bool:
        """Tell whether the question makes sense for this structure."""
        if question.about == "is":
            return question.path in self.types
        parent = self.parents.get(question.path) or parent_of(question.path, self.types)
        return "object" in self.types.get(parent, ())

    def answers(self, question: Question, known: Iterable[str] = ()) -> tuple[str, ...]:
        """Return the answers to a question that is asked; `known` types that are not there are answers too."""
        if question.about == "has":
            return ("yes",) if question.path in self.types else ("no",)
        types = self.types[question.path]
        return (*types, *(NOT + type_ for type_ in known if type_ not in types and type_ != DECIMAL))

    def questions(self) -> list[Question]:
        """Return the questions that this structure itself raises."""
        raised = []
        for path in self.types:
            if path not in (ROOT, FORMAT, SCHEMA) and not path.endswith("[]"):
                raised.append(Question("has", path))
            raised.append(Question("is", path))
        return raised


def structure(
    shape_id: int, schema_id: str, paths: Iterable[str], maps: frozenset[str] = frozenset()
) -> Structure:
    """Return the structure of records with these `path:type` entries; names below `maps` count as one."""
    types: dict[str, set[str]] = {}
    for entry in paths:
        path, _, type_ = entry.rpartition(":")
        for kind in (
            ("number", DECIMAL) if type_ == "number" else ("number",) if type_ == "integer" else (type_,)
        ):
            types.setdefault(folded(path, maps), set()).add(kind)
    if types and ROOT not in types:
        types[ROOT] = {"object"}
    types[FORMAT] = {format_of(shape_id, schema_id)}
    if is_registered(schema_id):
        types[SCHEMA] = {schema_id}
    frozen = {path: frozenset(found) for path, found in types.items()}
    return Structure(shape_id, schema_id, frozen, {path: parent_of(path, frozen) for path in frozen})


def is_registered(schema_id: str) -> bool:
    """Tell whether this is an id in a registry; the address of a document is no more than the name of a version."""
    return bool(schema_id) and not schema_id.startswith("uri:")


def format_of(shape_id: int, schema_id: str) -> str:
    """Return how the payload is written: JSON, or framed by which registry; `binary` for what cannot be told."""
    framed = schema_id.partition(":")[0] if is_registered(schema_id) else ""
    if framed:
        return f"{framed} json" if shape_id else framed
    return "json" if shape_id else "binary"


def parent_of(path: str, known: Iterable[str] | Mapping[str, object]) -> str:
    """Return the longest known path around `path`; member names may hold dots, so that the text alone is not enough."""
    if path in (ROOT, FORMAT, SCHEMA):
        return ""
    rest = path
    while rest:
        rest = rest[:-2] if rest.endswith("[]") else rest.rpartition(".")[0]
        if rest and rest in known:
            return rest
    return ROOT


def folded(path: str, maps: frozenset[str]) -> str:
    """Return `path` with the names below maps as `*`. Names below a map may themselves hold maps."""
    for outer in sorted(maps, key=len):
        prefix = "" if outer == ROOT else f"{outer}."
        if path.startswith(prefix) and path != outer and (prefix or not path.startswith(("$", "["))):
            name, dot, below = path[len(prefix) :].partition(".")
            items = name[len(name.rstrip("[]")) :]
            path = f"{prefix}*{items}{dot}{below}"
    return path


def find_maps(structures: Iterable[tuple[Structure, int]]) -> frozenset[str]:
    """Return the objects that hold data for names: many different ones, nearly all of them rare."""
    around: dict[str, int] = {}
    children: dict[str, dict[str, int]] = {}
    for one, events in structures:
        for path, types in one.types.items():
            if "object" in types:
                around[path] = around.get(path, 0) + events
            if path not in (ROOT, FORMAT, SCHEMA) and not path.endswith("[]"):
                of = children.setdefault(one.parents[path], {})
                of[path] = of.get(path, 0) + events
    return frozenset(
        parent
        for parent, counts in children.items()
        if len(counts) >= _MAP_CHILDREN_MIN
        and sum(count <= _MAP_CHILD_SHARE_MAX * around.get(parent, 0) for count in counts.values())
        >= 0.8 * len(counts)
    )
