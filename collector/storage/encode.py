"""Rows as they are sent to the store: one Arrow record batch, in memory that may be used again."""

from typing import NamedTuple

import pyarrow as pa

_GROWTH = 1.25  # so that writes of nearly the same size fit


class Encoded(NamedTuple):
    """Rows, and the same rows as an Arrow stream of one record batch, so that one insert is one block.

    A view: clickhouse-connect would copy bytes once more to put the statement in front of them.
    """

    rows: pa.Table
    stream: memoryview


class SendBuffer:
    """Memory for the rows of one insert at a time, kept from one to the next.

    New memory for each write costs as much as what is done with it: the kernel clears every page of it first.
    """

    def __init__(self) -> None:
        self._kept: pa.Buffer | None = None

    def encode(self, rows: pa.Table) -> Encoded:
        """Encode `rows`; what comes back, rows included, lies in the kept memory and holds until the next call."""
        rows = rows.combine_chunks()
        size = _stream_bytes(rows)
        if self._kept is None or self._kept.size < size:
            self._kept = None  # given back before more is taken
            self._kept = pa.allocate_buffer(int(size * _GROWTH))
        _write_to(pa.FixedSizeBufferWriter(self._kept), rows)
        stream = memoryview(self._kept)[:size]
        return Encoded(pa.ipc.open_stream(stream).read_all(), stream)


def encode(rows: pa.Table) -> Encoded:
    """Encode into memory of its own."""
    return SendBuffer().encode(rows)


def _stream_bytes(rows: pa.Table) -> int:
    sink = pa.MockOutputStream()
    _write_to(sink, rows)
    return int(sink.size())


def _write_to(sink: pa.NativeFile, rows: pa.Table) -> None:
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows)
