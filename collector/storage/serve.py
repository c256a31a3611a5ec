"""ClickHouse's HTTP interface over the embedded engine, so that every ClickHouse client can read the store."""

import hmac
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import AsyncGenerator

from anyio import CapacityLimiter, to_thread
from starlette.applications import Starlette
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from collector.storage import wire
from collector.storage.engine import Engine, EngineError
from collector.storage.folder import PRODUCT, USER
from collector.storage.lease import LeaseResponse, Leases
from collector.storage.statement import Statement

_AUTHENTICATION_FAILED = 516
_TOO_MANY_BYTES = 307
_CANNOT_DECOMPRESS = 271
_CANNOT_PARSE_TEXT = 6


class Facade:
    """The request handlers. `body_bytes_max` holds after decompression, too."""

    def __init__(
        self, engine: Engine, password: str, *, leases: Leases, body_bytes_max: int, threads_max: int = 16
    ):
        self._engine = engine
        self._password = password
        self._leases = leases
        self._body_bytes_max = body_bytes_max
        # Two pools: slow queries may take every thread of theirs, inserts still have their own.
        self._queries = CapacityLimiter(threads_max)
        self._inserts = CapacityLimiter(threads_max)

    def app(self) -> Starlette:
        """Return the ASGI application."""
        return Starlette(
            routes=[
                Route("/ping", self.ping, methods=["GET", "HEAD"]),
                Route("/lease", self.lease, methods=["GET"]),
                Route("/", self.run, methods=["GET", "POST"]),
            ]
        )

    async def ping(self, request: Request) -> Response:  # noqa: ARG002 - the signature is Starlette's
        """Say that the server is there; needs no password, as in ClickHouse."""
        return PlainTextResponse("Ok.\n")

    async def lease(self, request: Request) -> Response:
        """Hold the store open for as long as the connection lasts; the first line says whose store it is."""
        if not self._knows(request):
            return _refusal(_AUTHENTICATION_FAILED, _NOT_LET_IN)
        return LeaseResponse(self._leases)

    async def run(self, request: Request) -> Response:
        """Run one statement."""
        if not self._knows(request):
            return _refusal(_AUTHENTICATION_FAILED, _NOT_LET_IN)
        try:
            body = await self._body(request)
            params = dict(request.query_params)
            if _is_form(request):
                params |= await _form_fields(request, b"".join(body), bytes_max=self._body_bytes_max)
                body = []
            statement = Statement.of(params, body, request, bytes_max=self._body_bytes_max)
            limiter = self._inserts if statement.is_insert() else self._queries
            return await to_thread.run_sync(
                statement.run, self._engine, limiter=limiter, abandon_on_cancel=True
            )
        except (EngineError, ValueError, MultiPartException, ClientDisconnect) as error:
            return _refusal(*_explained(error))

    def _knows(self, request: Request) -> bool:
        user, password = _credentials(request)
        known = hmac.compare_digest(password.encode(), self._password.encode())
        return known and user in (USER, "default")

    async def _body(self, request: Request) -> list[bytes]:
        pieces: list[bytes] = []
        total = 0
        async for piece in request.stream():
            total += len(piece)
            if total > self._body_bytes_max:
                raise wire.TooLargeError(f"the body is larger than {self._body_bytes_max:,} bytes")
            pieces.append(piece)
        return pieces


_NOT_LET_IN = (
    "Code: 516. DB::Exception: Authentication failed: the user or the password is wrong. "
    "Both are in store.json in the store's folder. (AUTHENTICATION_FAILED)"
)


def _refusal(code: int, message: str) -> Response:
    headers = {"X-ClickHouse-Exception-Code": str(code), "X-ClickHouse-Server-Display-Name": PRODUCT}
    return PlainTextResponse(message + "\n", status_code=wire.status_of(code), headers=headers)


def _explained(error: Exception) -> tuple[int, str]:
    """Return ClickHouse's code and text for what went wrong with a request."""
    match error:
        case EngineError():
            return error.code, str(error)
        case wire.TooLargeError():
            return _TOO_MANY_BYTES, f"Code: {_TOO_MANY_BYTES}. DB::Exception: {error}. (TOO_MANY_BYTES)"
        case wire.BadBodyError():
            return (
                _CANNOT_DECOMPRESS,
                f"Code: {_CANNOT_DECOMPRESS}. DB::Exception: {error}. (CANNOT_DECOMPRESS)",
            )
        case _:  # text that is not UTF-8, a form that is none, a client that went away
            return _CANNOT_PARSE_TEXT, (
                f"Code: {_CANNOT_PARSE_TEXT}. DB::Exception: The request cannot be read: {type(error).__name__}. "
                "(CANNOT_PARSE_TEXT)"
            )


def _is_form(request: Request) -> bool:
    # Not application/x-www-form-urlencoded: curl says so of every body, and ClickHouse reads it as the statement.
    return request.headers.get("content-type", "").startswith("multipart/form-data")


async def _form_fields(request: Request, body: bytes, *, bytes_max: int) -> dict[str, str]:
    """Read the fields of a form; ClickHouse takes the query and its parameters from there as from the URL."""

    async def whole() -> AsyncGenerator[bytes, None]:
        yield body

    form = await MultiPartParser(request.headers, whole(), max_part_size=bytes_max).parse()
    return {name: value for name, value in form.items() if isinstance(value, str)}


def _credentials(request: Request) -> tuple[str, str]:
    """Return user and password from where ClickHouse looks for them: headers, basic authentication, URL."""
    headers = request.headers
    if "x-clickhouse-user" in headers or "x-clickhouse-key" in headers:
        return headers.get("x-clickhouse-user", "default"), headers.get("x-clickhouse-key", "")
    kind, _, encoded = headers.get("authorization", "").partition(" ")
    if kind.lower() == "basic":
        try:
            user, _, password = b64decode(encoded, validate=True).decode().partition(":")
        except (Base64Error, UnicodeDecodeError):
            return "", ""
        return user, password
    return request.query_params.get("user", "default"), request.query_params.get("password", "")
