"""Which records have the same sequence of header keys, found for all records at once."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from collector.decode.locate import Bytes, Parts, Places

KEY_BYTES_MAX = 64  # longer keys are read one by one
_WORD = 8
_MASKS = np.array([(1 << 8 * size) - 1 for size in range(_WORD + 1)], dtype=np.uint64)
_ODD = np.uint64(0x9E3779B97F4A7C15)
_HALF = np.uint64(32)

Words = npt.NDArray[np.uint64]


class KeySequence(NamedTuple):
    """Header keys in order, and the rows that have them, ascending."""

    keys: tuple[str, ...]
    rows: Places


def find_sequences(data: Bytes, parts: Parts, rows: Places) -> tuple[list[KeySequence], Places]:
    """Return the sequences of header keys among `rows`, and the rows that have to be read one by one.

    Keys are compared as words of eight bytes: sorted by a hash of them, and then word by word, since equal hashes
    alone would let two sequences pass for one.
    """
    whole = len(rows) == len(parts.sound)
    key_at = parts.header_key_at if whole else parts.header_key_at[:, rows]
    key_size = parts.header_key_size if whole else parts.header_key_size[:, rows]
    too_long = (key_size > KEY_BYTES_MAX).any(axis=0)
    if too_long.any():
        kept = ~too_long
        found, others = find_sequences(data, parts, rows[kept])
        return found, np.union1d(rows[too_long], others)
    if not rows.size:
        return [], rows
    columns = [parts.header_count[rows].astype(np.uint64), *_words(data, key_at, key_size)]
    hashes = np.zeros(len(rows), dtype=np.uint64)
    for column in columns:
        hashes = (hashes ^ column) * _ODD
        hashes ^= hashes >> _HALF
    if (hashes == hashes[0]).all():
        first, inverse = np.zeros(1, dtype=np.int64), np.zeros(len(rows), dtype=np.int64)
    else:
        _, first, inverse = np.unique(hashes, return_index=True, return_inverse=True)
    same = np.ones(len(rows), dtype=np.bool_)
    for column in columns:
        same &= column == column[first][inverse]
    sequences = [
        KeySequence(_keys(data, parts, int(rows[place])), rows[(inverse == number) & same])
        for number, place in enumerate(first)
    ]
    return sequences, rows[~same]


def _words(data: Bytes, key_at: Places, key_size: Places) -> list[Words]:
    """Return the keys of all rows as columns: their sizes, and their bytes eight by eight."""
    overlapping: Words = np.ndarray((len(data) - _WORD + 1,), "<u8", buffer=data.data, strides=(1,))
    last = len(overlapping) - 1
    columns = []
    for at, size in zip(key_at, key_size, strict=True):
        columns.append(size.astype(np.uint64))
        for behind in range(0, int(size.max(initial=0)), _WORD):
            word = overlapping[np.minimum(at + behind, last)]
            columns.append(word & _MASKS[np.clip(size - behind, 0, _WORD)])
    return columns


def _keys(data: Bytes, parts: Parts, row: int) -> tuple[str, ...]:
    places = range(int(parts.header_count[row]))
    raw = (
        data[parts.header_key_at[place, row] :][: parts.header_key_size[place, row]].tobytes()
        for place in places
    )
    return tuple(key.decode("utf-8", "surrogateescape") for key in raw)
