"""W3C trace context (https://www.w3.org/TR/trace-context/, section 3.2), a column at a time."""

import re

import numpy as np
import numpy.typing as npt
import pyarrow as pa

_LENGTH = 55
_VERSION_00 = re.compile(rb"00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
# A higher version may say more after the flags; what is known of it is read, the rest is left.
_VERSION_LATER = re.compile(
    rb"(?!00|ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?", re.DOTALL
)
_NO_TRACE = b"0" * 32
_NO_SPAN = b"0" * 16

_KINDS = np.zeros(256, dtype=np.uint8)
_KINDS[np.frombuffer(b"0123456789abcdef", dtype=np.uint8)] = 1
_KINDS[ord("-")] = 2
_TEMPLATE = _KINDS[np.frombuffer(b"00-" + b"0" * 32 + b"-" + b"0" * 16 + b"-00", dtype=np.uint8)]
_TRACE = slice(3, 35)
_SPAN = slice(36, 52)


def parse_traceparent(value: bytes | None) -> tuple[str, str] | None:
    """Return (trace id, span id) in lowercase hex; None where the standard says to ignore the header."""
    if value is None:
        return None
    value = value.strip(b" \t")
    match = _VERSION_00.fullmatch(value) or _VERSION_LATER.fullmatch(value)
    if match is None or match[1] == _NO_TRACE or match[2] == _NO_SPAN:
        return None
    return match[1].decode(), match[2].decode()


def parse_traceparents(values: pa.BinaryArray) -> tuple[pa.StringArray, pa.StringArray]:
    """Return trace ids and span ids for a column of header values; null where there is no valid context."""
    return _parse_alike(values) or _parse_each(values)


def _parse_each(values: pa.BinaryArray) -> tuple[pa.StringArray, pa.StringArray]:
    parsed = [parse_traceparent(value) for value in values.to_pylist()]
    return (
        pa.array([found[0] if found else None for found in parsed], pa.string()),
        pa.array([found[1] if found else None for found in parsed], pa.string()),
    )


def _parse_alike(values: pa.BinaryArray) -> tuple[pa.StringArray, pa.StringArray] | None:
    """Read a column that holds nothing but valid version 00 contexts; None if it holds anything else."""
    if not len(values) or values.null_count or values.offset:
        return None
    _, edges, content = values.buffers()
    offsets = np.frombuffer(edges, dtype=np.int32)[: len(values) + 1]
    if (np.diff(offsets) != _LENGTH).any():
        return None
    rows = np.frombuffer(content, dtype=np.uint8)[offsets[0] : offsets[-1]].reshape(len(values), _LENGTH)
    valid = (
        (_KINDS[rows] == _TEMPLATE).all()
        and (rows[:, :2] == ord("0")).all()
        and (rows[:, _TRACE] != ord("0")).any(axis=1).all()
        and (rows[:, _SPAN] != ord("0")).any(axis=1).all()
    )
    return (_fixed_text(rows[:, _TRACE]), _fixed_text(rows[:, _SPAN])) if valid else None


def _fixed_text(rows: npt.NDArray[np.uint8]) -> pa.StringArray:
    count, width = rows.shape
    offsets = np.arange(0, width * count + 1, width, dtype=np.int32)
    return pa.StringArray.from_buffers(
        count, pa.py_buffer(offsets.tobytes()), pa.py_buffer(np.ascontiguousarray(rows).tobytes())
    )
