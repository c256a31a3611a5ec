"""ClickHouse's HTTP interface, the pure part: what a request means, compression, error codes."""

import gzip
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import lz4.frame
import zstandard

_COMMENTS = r"(?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*"
_INSERT = re.compile(rf"\A{_COMMENTS}INSERT\s+INTO\b".encode(), re.IGNORECASE | re.DOTALL)
_FORMAT = re.compile(rb"\bFORMAT\s+(\w+)(?:[ \t]*\r?\n|[ \t]+|\s*;?\s*\Z)", re.IGNORECASE)
_OTHER_SOURCE = re.compile(rb"\b(?:SELECT|VALUES|WATCH|INFILE)\b", re.IGNORECASE)
_TRAILING_FORMAT = re.compile(r"\bFORMAT\s+(\w+)\s*;?\s*\Z", re.IGNORECASE)
_TRAILING_VALUES = re.compile(rb"\bVALUES\s*\Z", re.IGNORECASE)
_HEAD_BYTES_MAX = 256 * 2**10
"""An INSERT statement (not its data) is at most as long as ClickHouse's max_query_size."""

_PIECE_BYTES = 2**20
_ZSTD_FEED_BYTES = 2**10
"""Four bytes of zstd can be 128 KiB of text, and there is no limit per call: so feed little at once."""


class TooLargeError(ValueError):
    """A body is larger than allowed once it is decompressed."""


class BadBodyError(ValueError):
    """A body is not what its Content-Encoding says."""


@dataclass(frozen=True)
class Insert:
    """An INSERT split from its data: `sql` has no FORMAT any more; data starts at `data_start` of the text."""

    sql: str
    format_name: str
    data_start: int


def split_insert(text: bytes) -> Insert | None:
    """Take an INSERT that carries data apart; None for every other statement (also INSERT … SELECT)."""
    head = text[:_HEAD_BYTES_MAX]
    opening = _INSERT.match(head)
    if not opening:
        return None
    found = _FORMAT.search(head, opening.end())
    other = _OTHER_SOURCE.search(head, opening.end(), found.start() if found else len(head))
    if other:
        if _TRAILING_VALUES.search(head):
            return Insert(head[: other.start()].decode(), "Values", len(text))
        return None
    return Insert(head[: found.start()].decode(), found[1].decode(), found.end()) if found else None


def output_format(sql: str) -> str:
    """Return the format that a statement itself names at its end, or an empty text."""
    found = _TRAILING_FORMAT.search(sql[-200:])
    return found[1] if found else ""


def decompress(body: bytes, encoding: str, *, bytes_max: int) -> Iterator[bytes]:
    """Yield `body` decompressed, in pieces. Several frames in a row are read to the last one.

    clickhouse-connect sends one frame per block: a reader that stops after the first loses rows silently.
    Raises TooLargeError past `bytes_max`, which a few compressed bytes can reach, and BadBodyError.
    """
    total = 0
    try:
        for piece in _pieces(body, encoding):
            total += len(piece)
            if total > bytes_max:
                raise TooLargeError(f"the body is larger than {bytes_max:,} bytes after decompression")
            yield piece
    except (RuntimeError, EOFError, OSError, zlib.error, zstandard.ZstdError) as error:
        raise BadBodyError(f"the body is not {encoding}: {error}") from None


def _pieces(body: bytes, encoding: str) -> Iterator[bytes]:
    match encoding:
        case "" | "identity":
            yield body
        case "lz4":
            yield from _lz4_pieces(body)
        case "zstd":
            yield from _zstd_pieces(body)
        case "gzip" | "deflate":
            yield from _zlib_pieces(body)
        case _:
            raise BadBodyError(f"Content-Encoding {encoding!r} is not known; lz4, zstd, gzip and deflate are")


def _lz4_pieces(body: bytes) -> Iterator[bytes]:
    rest = body
    while rest:
        frame = lz4.frame.LZ4FrameDecompressor()
        piece = frame.decompress(rest, max_length=_PIECE_BYTES)
        while not frame.eof:
            yield piece
            piece = frame.decompress(b"", max_length=_PIECE_BYTES)
            if not piece and frame.needs_input:
                raise EOFError("it ends inside a frame")
        yield piece
        rest = frame.unused_data or b""


def _zstd_pieces(body: bytes) -> Iterator[bytes]:
    # Not stream_reader: that takes a torn frame for a whole one.
    view, position, frame = memoryview(body), 0, None
    while position < len(view):
        frame = frame or zstandard.ZstdDecompressor().decompressobj()
        taken = view[position : position + _ZSTD_FEED_BYTES]
        piece = frame.decompress(taken)
        position += len(taken)
        if piece:
            yield piece
        if frame.eof:
            position -= len(frame.unused_data)
            frame = None
    if frame is not None:
        raise EOFError("it ends inside a frame")


def _zlib_pieces(body: bytes) -> Iterator[bytes]:
    rest = body
    while rest:
        member = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # tells gzip and zlib apart by itself
        while not member.eof:
            piece = member.decompress(rest, _PIECE_BYTES)
            rest = member.unconsumed_tail
            if not piece and not rest and not member.eof:
                raise EOFError("it ends inside a stream")
            yield piece
        rest = member.unused_data


def compress(content: bytes, accepted: str) -> tuple[bytes, str]:
    """Return `content` in the first encoding of an Accept-Encoding header that we have, and its name."""
    for choice in accepted.split(","):
        match choice.partition(";")[0].strip():
            case "lz4":
                return lz4.frame.compress(content), "lz4"
            case "zstd":
                return zstandard.ZstdCompressor(level=1).compress(content), "zstd"
            case "gzip":
                return gzip.compress(content, compresslevel=1), "gzip"
    return content, ""


def status_of(code: int) -> int:
    """Return the HTTP status that a ClickHouse server sends with this error code."""
    match code:
        case 62 | 27 | 41 | 69 | 117 | 457 | 115 | 36 | 42 | 43 | 44 | 53 | 70 | 72 | 131:
            return 400  # the statement or its values cannot be understood
        case 516 | 497 | 192 | 193 | 194:
            return 403
        case 16 | 46 | 47 | 60 | 81 | 5 | 10 | 8:
            return 404  # it names something that does not exist
        case 307:
            return 413
        case 159:
            return 408
        case _:
            return 500
