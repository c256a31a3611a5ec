"""Arrow columns from picked header values: everything here works on a whole column at once."""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

TEXT_BYTES_MAX = 512
EXCERPT_CHARACTERS_MAX = 2_000

Values: TypeAlias = pa.BinaryArray
"""Header values, null where a record has none."""

Note = Callable[[int, str], None]
Mask = npt.NDArray[np.bool_]


def text(raw: Values) -> pa.StringArray:
    """Return the values as text, null where there is none; bad UTF-8 is written with escapes.

    A value of more than TEXT_BYTES_MAX is cut, and stays distinct by a digest at its end.
    """
    try:
        column = raw.cast(pa.string())
        regular = (pc.max(pc.binary_length(raw)).as_py() or 0) <= TEXT_BYTES_MAX and not _any_odd(column)
    except pa.ArrowInvalid:
        regular = False
    if not regular:
        column = pa.array([None if value is None else _tidy(value) for value in raw.to_pylist()], pa.string())
    return pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)


def excerpt(raw: Values) -> pa.StringArray:
    """Return long texts for people to read: the first EXCERPT_CHARACTERS_MAX characters, null where there are none."""
    return pa.array([_beginning(value) if value else None for value in raw.to_pylist()], pa.string())


def _beginning(value: bytes) -> str:
    # No character takes more than four bytes: what is behind is not even looked at.
    seen = value[: 4 * EXCERPT_CHARACTERS_MAX].decode("utf-8", "backslashreplace").replace("\x00", "\\x00")
    if len(seen) <= EXCERPT_CHARACTERS_MAX:
        return seen
    return f"{seen[: EXCERPT_CHARACTERS_MAX - 1]}…"


def _any_odd(column: pa.StringArray) -> bool:
    # Quotes come from serializers that write text headers as JSON; NUL would end names early elsewhere.
    return bool(pc.any(pc.match_substring_regex(column, '^"|\\x00')).as_py())


def _tidy(value: bytes) -> str:
    tidied = value.decode("utf-8", "backslashreplace").replace("\x00", "\\x00")
    if len(tidied) >= 2 and tidied[0] == tidied[-1] == '"':
        tidied = tidied[1:-1]
    if len(tidied.encode()) > TEXT_BYTES_MAX:
        tidied = f"{tidied[:96]}…{sha256(value).hexdigest()}"
    return tidied


def first_of(columns: Sequence[pa.StringArray], count: int) -> pa.StringArray:
    """Return, row by row, the first value that is there; null where none is. `count` rows."""
    return pc.coalesce(*columns) if columns else nulls(count)


def nulls(count: int) -> pa.StringArray:
    """Return a text column without a value."""
    return pa.nulls(count, pa.string())


def constant(value: str, count: int) -> pa.StringArray:
    """Return a text column that says the same in every row."""
    return pa.repeat(pa.scalar(value, pa.string()), count)


def prefixed(prefix: str, column: pa.StringArray) -> pa.StringArray:
    """Return `prefix` + value, null where there is no value."""
    return pc.binary_join_element_wise(pa.scalar(prefix), column, "")


def without(column: pa.StringArray, drop: pa.BooleanArray) -> pa.StringArray:
    """Return the column with null where `drop` is true."""
    return pc.if_else(pc.fill_null(drop, False), pa.scalar(None, pa.string()), column)


def lists(parts: Sequence[pa.StringArray], count: int) -> pa.ListArray:
    """Return, row by row, the list of the values that are there, in the order of `parts`."""
    if not parts:
        return empty_lists(count)
    flat, offsets = _interleave(parts, [part.is_valid() for part in parts], count)
    return pa.ListArray.from_arrays(offsets, flat)


def parallel_lists(
    parts: Sequence[Sequence[pa.StringArray]], present: Sequence[pa.BooleanArray], count: int
) -> list[pa.ListArray]:
    """Like `lists` for several columns whose lists must match item by item: `present` decides for all."""
    columns = []
    for part in parts:
        if not part:
            columns.append(empty_lists(count))
            continue
        flat, offsets = _interleave(part, present, count)
        columns.append(pa.ListArray.from_arrays(offsets, flat))
    return columns


def empty_lists(count: int) -> pa.ListArray:
    """Return `count` empty lists of text."""
    return pa.ListArray.from_arrays(pa.array(np.zeros(count + 1, np.int32)), pa.array([], pa.string()))


def _interleave(
    parts: Sequence[pa.StringArray], present: Sequence[pa.BooleanArray], count: int
) -> tuple[pa.StringArray, pa.Array]:
    order = np.arange(len(parts) * count).reshape(len(parts), count).T.ravel()
    keep = np.stack([mask.to_numpy(zero_copy_only=False) for mask in present], axis=1)
    flat = pa.concat_arrays(parts).take(pa.array(order[keep.ravel()]))
    offsets = np.concatenate([[0], keep.sum(axis=1).cumsum()]).astype(np.int32)
    return flat, pa.array(offsets)
