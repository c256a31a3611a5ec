"""Bodies of requests, bounded before and after decompression."""

import zlib

from starlette.requests import Request

BODY_BYTES_MAX = 20 * 2**20
_GZIP = 16 + zlib.MAX_WBITS


class BodyError(Exception):
    """A body that is not taken: `status` is the HTTP status that says why."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


async def read_body(request: Request, *, bytes_max: int = BODY_BYTES_MAX) -> bytes:
    """Return the body, decompressed. Raises BodyError where it is too large or not what its headers say."""
    encoding = request.headers.get("content-encoding", "identity").strip().lower() or "identity"
    if encoding not in ("identity", "gzip", "deflate"):
        raise BodyError(415, f"Bodies are taken as they are, or compressed with gzip, not with {encoding!r}.")
    inflater = None if encoding == "identity" else zlib.decompressobj(_window_bits(encoding))
    body = bytearray()
    async for chunk in request.stream():
        if inflater is None:
            body += chunk
        else:
            body += _inflated(inflater, chunk, bytes_max + 1 - len(body))
        if len(body) > bytes_max:
            raise BodyError(413, f"The body is larger than {bytes_max:,} bytes.")
    if inflater is not None and not inflater.eof:
        raise BodyError(400, "The compressed body ends too early.")
    return bytes(body)


def _window_bits(encoding: str) -> int:
    return _GZIP if encoding == "gzip" else zlib.MAX_WBITS


def _inflated(inflater: "zlib._Decompress", chunk: bytes, bytes_max: int) -> bytes:
    """Return what comes out of `chunk`, at most `bytes_max`: what would be more is left inside."""
    try:
        return inflater.decompress(chunk, max(bytes_max, 1))
    except zlib.error:
        raise BodyError(400, "The body is not compressed as its Content-Encoding says.") from None
