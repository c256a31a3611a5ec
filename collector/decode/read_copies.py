"""Where records say that they were copied from: dead letters, retries, redrives."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from collector.decode import columns
from collector.decode.columns import Note, Values
from collector.decode.conventions import Meaning
from collector.decode.plan import Pick
from collector.decode.topic_role import copy_relation
from collector.errors import RecordError
from schemas.records import coordinates_name

_ORIGIN = frozenset({Meaning.ORIGIN_TOPIC, Meaning.ORIGIN_PARTITION, Meaning.ORIGIN_OFFSET})
REDRIVE = "headwater-redrive"
_OFFSET_MAX = 2**63 - 1
_PARTITION_MAX = 2**31 - 1
_Family = dict[Meaning, tuple[Pick, Sequence[bytes | None]]]


@dataclass(frozen=True)
class Copies:
    """One row a record; null = not a copy."""

    origin: pa.StringArray  # coordinates name
    relation: pa.StringArray


def read_copies(
    picks: Sequence[Pick], picked: Sequence[Values], topics: pa.DictionaryArray, note: Note
) -> Copies:
    """Return where each record was copied from; the first convention with a whole answer counts."""
    count = len(topics)
    families: dict[str, _Family] = {}
    for pick, values in zip(picks, picked, strict=True):
        if pick.meaning in _ORIGIN:
            families.setdefault(pick.convention.name, {})[pick.meaning] = (pick, values.to_pylist())
    if not families:
        return Copies(columns.nulls(count), columns.nulls(count))
    origins: list[str | None] = [None] * count
    relations: list[str | None] = [None] * count
    for convention, family in families.items():
        if Meaning.ORIGIN_TOPIC not in family:
            continue
        for row, topic in enumerate(topics.to_pylist()):
            origin = _origin(family, row, note) if origins[row] is None else None
            if origin is not None:
                origins[row] = coordinates_name(*origin)
                relations[row] = copy_relation(topic, origin[0], marked=convention == REDRIVE)
    return Copies(pa.array(origins, pa.string()), pa.array(relations, pa.string()))


def _origin(family: _Family, row: int, note: Note) -> tuple[str, int, int] | None:
    pick, values = family[Meaning.ORIGIN_TOPIC]
    topic = values[row]
    if topic is None:
        return None
    try:
        name = pick.header.text(topic) if pick.header.text else topic.decode("ascii")
        partition = _number(family[Meaning.ORIGIN_PARTITION], row, _PARTITION_MAX)
        offset = _number(family[Meaning.ORIGIN_OFFSET], row, _OFFSET_MAX)
    except (KeyError, ValueError):
        name = None
    if not name:
        note(row, RecordError.ORIGIN_UNREADABLE)
        return None
    return name, partition, offset


def _number(picked: tuple[Pick, Sequence[bytes | None]], row: int, largest: int) -> int:
    pick, values = picked
    value = values[row]
    if value is None or pick.header.number is None:
        raise ValueError("no number")
    number = pick.header.number(value)
    if not 0 <= number <= largest:
        raise ValueError("out of range")
    return number
