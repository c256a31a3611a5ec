"""What to pick from a record, worked out once per sequence of header keys: producers repeat themselves."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from operator import itemgetter
from typing import NamedTuple

from collector.decode.conventions import CONVENTIONS, Convention, Header, Meaning
from collector.errors import RecordError

HeaderValues = Sequence[bytes | None]
_LOOSE_CHARACTERS = str.maketrans("", "", "-_.")
_PLANS_MAX = 4096
_PLAN_KEYS_MAX = 64


class Pick(NamedTuple):
    """One value that is taken from the headers: what it means and by which rule."""

    meaning: Meaning
    convention: Convention
    header: Header

    def reads(self, key: str) -> bool:
        """Tell whether the value under `key` is what is picked."""
        folded = key.lower().translate(_LOOSE_CHARACTERS) if self.convention.loose else key.lower()
        return folded == self.header.key.lower()


@dataclass(frozen=True)
class Plan:
    """How to read records with one sequence of header keys.

    Records whose plans have equal `picks`, and so the same `group`, can be read together, by columns, however
    their other headers are named. `positions` says where each pick is; `pick` takes their values, in this order.
    """

    group: int
    picks: tuple[Pick, ...]
    positions: tuple[int, ...]
    pick: Callable[[HeaderValues], Sequence[bytes | None]]
    redacted: tuple[int, ...]
    errors: tuple[str, ...]
    is_unusual: bool
    """There is something to mask, to cut or to note: not for the fast way."""


class Planner:
    """Keeps the plans; bounded, because header keys come from outside."""

    def __init__(self, redact: re.Pattern[str], conventions: Sequence[Convention] = CONVENTIONS) -> None:
        self._redact = redact
        self._exact, self._loose = _index(conventions)
        self.known: dict[tuple[str, ...], Plan] = {}
        self._groups: dict[tuple[Pick, ...], int] = {}
        self._numbers = count()

    def plan(self, keys: tuple[str, ...], *, headers_max: int) -> Plan:
        """Return the plan for this sequence of header keys. Of more than `headers_max` only the first are read."""
        found = self.known.get(keys)
        if found is None:
            found = self._compile(keys, headers_max)
            if len(self.known) >= _PLANS_MAX:
                self.known.clear()
            # A plan for very many keys takes more room than it saves time.
            if len(keys) <= _PLAN_KEYS_MAX:
                self.known[keys] = found
        return found

    def _compile(self, keys: tuple[str, ...], headers_max: int) -> Plan:
        is_cut, keys = len(keys) > headers_max, keys[:headers_max]
        positions: dict[tuple[int, int], list[int]] = {}
        rules: dict[tuple[int, int], tuple[Convention, Header]] = {}
        folded = {key.lower() for key in keys}
        for position, key in enumerate(keys):
            for rank, convention, header in self._matches(key):
                if folded.issuperset(convention.needs) and folded.isdisjoint(convention.unless):
                    positions.setdefault(rank, []).append(position)
                    rules[rank] = (convention, header)
        chosen: list[tuple[Pick, int]] = []
        for rank in sorted(rules):
            convention, header = rules[rank]
            pick = Pick(header.meaning, convention, header)
            chosen.extend((pick, position) for position in _copies(pick, positions[rank]))
        picks = tuple(pick for pick, _ in chosen)
        redacted = tuple(place for place, key in enumerate(keys) if self._redact.fullmatch(key))
        errors = (RecordError.HEADER_KEY_NOT_UTF8,) if any(_is_raw(key) for key in keys) else ()
        return Plan(
            group=self._group(picks),
            picks=picks,
            positions=tuple(position for _, position in chosen),
            pick=_picker([position for _, position in chosen]),
            redacted=redacted,
            errors=errors,
            is_unusual=bool(is_cut or redacted or errors),
        )

    def _group(self, picks: tuple[Pick, ...]) -> int:
        """Return the number of these picks. Numbers are not used again: a batch may still hold those forgotten here."""
        found = self._groups.get(picks)
        if found is None:
            if len(self._groups) >= _PLANS_MAX:
                self._groups.clear()
            found = self._groups[picks] = next(self._numbers)
        return found

    def _matches(self, key: str) -> Sequence[tuple[tuple[int, int], Convention, Header]]:
        folded = key.lower()
        return [*self._exact.get(folded, ()), *self._loose.get(folded.translate(_LOOSE_CHARACTERS), ())]


_Index = dict[str, list[tuple[tuple[int, int], Convention, Header]]]


def _index(conventions: Sequence[Convention]) -> tuple[_Index, _Index]:
    exact: _Index = {}
    loose: _Index = {}
    for number, convention in enumerate(conventions):
        for place, header in enumerate(convention.headers):
            rule = ((number, place), convention, header)
            (loose if convention.loose else exact).setdefault(header.key.lower(), []).append(rule)
    return exact, loose


def _copies(pick: Pick, positions: list[int]) -> list[int]:
    if pick.meaning is Meaning.TRACE_CONTEXT and pick.convention.context is None:
        # The last valid one is the record's own and the one before it may be its cause's: all are needed.
        return positions[::-1]
    return positions[:1] if pick.header.copy == "first" else positions[-1:]


def _picker(positions: list[int]) -> Callable[[HeaderValues], Sequence[bytes | None]]:
    if not positions:
        return lambda _values: ()
    if len(positions) == 1:
        only = positions[0]
        return lambda values: (values[only],)
    return itemgetter(*positions)


def _is_raw(key: str) -> bool:
    """Tell whether `key` carries bytes that were not UTF-8 (as lone surrogates, see PEP 383)."""
    return any("\udc80" <= character <= "\udcff" for character in key)
