"""Tells a change of structure in terms of fields, and who can read what. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher

from collector.detect.drift_shift import Shift
from collector.detect.drift_structure import (
    DECIMAL,
    FORMAT,
    NOT,
    SCHEMA,
    Question,
    Structure,
    parent_of,
)
from collector.detect.drift_tally import Tally
from schemas.drift import FieldChange, FieldChangeKind, Verdict

ALL_SHARE = 0.95
OBSERVED_RULE = (
    "JSON as observed: readers ignore fields that they do not know, and need the fields that were in every record, "
    "with their types"
)
_RENAME_LIKENESS_MIN = 0.3
_NEITHER: frozenset[str] = frozenset()
_BOTH = frozenset({"backward", "forward"})
_ORDER: tuple[FieldChangeKind, ...] = (
    "renamed_suspected", "type_changed", "removed", "made_optional", "type_added", "enum_widened", "added",
    "made_required", "type_removed", "enum_narrowed", "other",
)  # fmt: skip


def field_changes(shift: Shift) -> list[FieldChange]:
    """Return what changed field by field, worst first."""
    added: list[FieldChange] = []
    removed: list[FieldChange] = []
    for question, answer in shift.answers.items():
        if question.path in (FORMAT, SCHEMA):
            continue
        if question.about == "is":
            continue
        (added if answer == "yes" else removed).append(_presence(shift, question, answer))
    others = _types(shift)
    renamed, added, removed = _renames(added, removed, shift)
    return sorted(
        [*renamed, *others, *removed, *added], key=lambda each: (_ORDER.index(each.change), each.path)
    )


def _presence(shift: Shift, question: Question, answer: str) -> FieldChange:
    share = shift.share_of(question)
    everywhere = share >= ALL_SHARE
    before = shift.before[question]
    was = before.k["yes"] / max(1, before.n)
    if answer == "yes":
        types = _type_text(shift.first.structure, question.path)
        if before.k["yes"]:
            return FieldChange(question.path, "made_required", types, types)
        return FieldChange(question.path, "added", after=types, required=everywhere)
    types = _type_before(shift, question.path)
    if everywhere is False and was >= ALL_SHARE:
        return FieldChange(question.path, "made_optional", types, types)
    return FieldChange(question.path, "removed", before=types, required=not before.k["no"])


def _types(shift: Shift) -> list[FieldChange]:
    by_path: dict[str, list[tuple[Question, str]]] = {}
    for question, answer in shift.answers.items():
        if question.about == "is" and question.path not in (FORMAT, SCHEMA):
            by_path.setdefault(question.path, []).append((question, answer))
    found = []
    for path, answers in by_path.items():
        question = answers[0][0]
        before, since = _types_in(shift.before[question]), _types_in(shift.given.get(question, Tally()))
        share = shift.share_of(question)
        given = [answer for _, answer in answers if not answer.startswith(NOT)]
        if given and share >= ALL_SHARE and not set(given) & set(before):
            kind: FieldChangeKind = "type_changed"
        else:
            kind = "type_added" if given else "type_removed"
            since = [*since, *before] if given else since
        found.append(
            FieldChange(path, kind, _union(before), _union(sorted({*since, *given})), share >= ALL_SHARE)
        )
    return found


def _types_in(tally: Tally) -> list[str]:
    types = [answer for answer, count in tally.k.items() if count and not answer.startswith(NOT)]
    if "number" in types:
        types[types.index("number")] = "number" if DECIMAL in types else "integer"
    return sorted(type_ for type_ in types if type_ != DECIMAL)


def _union(types: Iterable[str]) -> str:
    return " | ".join(sorted(set(types)))


def _type_text(one: Structure, path: str) -> str:
    """Return the types of a path, with the names inside where it is an object."""
    types = one.types.get(path, frozenset())
    text = _union(
        "integer" if kind == "number" and DECIMAL not in types else kind for kind in types - {DECIMAL}
    )
    inside = sorted(
        name[len(path) + 1 :]
        for name in one.types
        if one.parents[name] == path and name.startswith(f"{path}.")
    )
    if inside and text == "object":
        more = f", and {len(inside) - 6} more" if len(inside) > 6 else ""
        text += f" {{{', '.join(inside[:6])}{more}}}"
    return text


def _type_before(shift: Shift, path: str) -> str:
    tally = shift.types_before.get(path)
    return _union(_types_in(tally)) if tally else ""


def _renames(
    added: Sequence[FieldChange], removed: Sequence[FieldChange], shift: Shift
) -> tuple[list[FieldChange], list[FieldChange], list[FieldChange]]:
    """Pair a field that vanished with one that appeared at the same place with the same type: the likest first."""
    types = shift.first.structure.types
    pairs = sorted(
        (
            (-_likeness(gone.path, new.path), gone.path, new.path)
            for gone in removed for new in added
            if gone.required and gone.before and _plain(gone.before) == _plain(new.after)
            and parent_of(gone.path, types) == parent_of(new.path, types)
        ),
    )  # fmt: skip
    alone = len(added) == 1 and len(removed) == 1
    renamed: dict[str, str] = {}
    for likeness, gone, new in pairs:
        if (
            gone not in renamed
            and new not in renamed.values()
            and (alone or -likeness >= _RENAME_LIKENESS_MIN)
        ):
            renamed[gone] = new
    return (
        [FieldChange(new, "renamed_suspected", gone, new) for gone, new in renamed.items()],
        [each for each in added if each.path not in renamed.values()],
        [each for each in removed if each.path not in renamed],
    )


def _plain(types: str) -> str:
    return "number" if types in ("integer", "number") else types.partition(" {")[0]


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one.rpartition(".")[2].lower(), other.rpartition(".")[2].lower()).ratio()


_READABLE: Mapping[FieldChangeKind, frozenset[str]] = {
    "renamed_suspected": _NEITHER,
    "type_changed": _NEITHER,
    "type_added": frozenset({"backward"}),
    "type_removed": frozenset({"forward"}),
    "made_optional": frozenset({"backward"}),
    "made_required": frozenset({"forward"}),
    "enum_widened": frozenset({"backward"}),
    "enum_narrowed": frozenset({"forward"}),
    "other": _BOTH,
}


def _reads(change: FieldChange) -> frozenset[str]:
    match change.change:
        case "added":
            return _BOTH if change.required is False else frozenset({"forward"})
        case "removed":
            return _BOTH if change.required is False else frozenset({"backward"})
        case "type_changed" if change.before == "integer" and change.after == "number":
            return frozenset({"backward"})
    return _READABLE[change.change]


def verdict_of(changes: Iterable[FieldChange]) -> Verdict:
    """Return who can read what after these changes of JSON as observed, see schemas.drift.Verdict."""
    can = _BOTH
    for change in changes:
        can &= _reads(change)
    return as_verdict(backward="backward" in can, forward="forward" in can)


def as_verdict(*, backward: bool, forward: bool) -> Verdict:
    """Return the word for both directions."""
    if backward and forward:
        return "full"
    return "backward" if backward else "forward" if forward else "breaking"


def is_of_format(shift: Shift) -> bool:
    """Tell whether the way in which payloads are written changed."""
    return Question("is", FORMAT) in shift.answers


def is_of_schema_id(shift: Shift) -> bool:
    """Tell whether another schema id came."""
    return Question("is", SCHEMA) in shift.answers
