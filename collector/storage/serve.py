"""ClickHouse's HTTP interface over the embedded engine, so that every ClickHouse client can read the store."""

import asyncio
import hmac
import json
import time
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import uuid4

from anyio import CapacityLimiter, to_thread
from starlette.applications import Starlette
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from collector.storage import wire
from collector.storage.engine import Answer, Context, Engine, EngineError
from collector.storage.folder import PRODUCT, USER

_AUTHENTICATION_FAILED = 516
_TOO_MANY_BYTES = 307
_CANNOT_DECOMPRESS = 271
_CANNOT_PARSE_TEXT = 6

_NOT_SETTINGS = frozenset(
    [
        "query",
        "query_id",
        "database",
        "user",
        "password",
        "default_format",
        "session_id",
        "session_timeout",
        "session_check",
        "compress",
        "decompress",
        "buffer_size",
        "wait_end_of_query",
        "client_protocol_version",
        "quota_key",
        "role",
        "close_session",
        "stacktrace",
        "framing",
    ]
)
_CONTENT_TYPES = {"JSON": "application/json", "CSV": "text/csv", "Native": "application/octet-stream"}


@dataclass
class Leases:
    """Who is connected. A leased store lives as long as somebody holds a lease, and a lease is a connection:
    the kernel gives it back however its holder dies.
    """

    held: int = 0
    ever_held: bool = False
    last_change_seconds: float = field(default_factory=time.monotonic)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    @contextmanager
    def one(self) -> Iterator[None]:
        """Count one holder for the duration."""
        self._change(+1)
        try:
            yield
        finally:
            self._change(-1)

    def _change(self, by: int) -> None:
        self.held += by
        self.ever_held = True
        self.last_change_seconds = time.monotonic()


class _LeaseResponse(Response):
    """A response that lasts until its reader goes or the store stops."""

    def __init__(self, leases: Leases):
        super().__init__(media_type="application/x-ndjson")
        del self.headers["content-length"]
        self._leases = leases

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        greeting = json.dumps({"product": PRODUCT, "others": self._leases.held}).encode() + b"\n"
        with self._leases.one():
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await send({"type": "http.response.body", "body": greeting, "more_body": True})
            ends = [
                asyncio.create_task(self._leases.stopping.wait()),
                asyncio.create_task(_disconnected(receive)),
            ]
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            for end in ends:
                end.cancel()
        if self._leases.stopping.is_set():
            await send({"type": "http.response.body", "body": b""})


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


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
        return _LeaseResponse(self._leases)

    async def run(self, request: Request) -> Response:
        """Run one statement."""
        if not self._knows(request):
            return _refusal(_AUTHENTICATION_FAILED, _NOT_LET_IN)
        started = time.monotonic()
        try:
            body = await self._body(request)
            params = dict(request.query_params)
            if _is_form(request):
                params |= await _form_fields(request, body, bytes_max=self._body_bytes_max)
                body = b""
            statement = _Statement.of(params, body, request, bytes_max=self._body_bytes_max)
            limiter = self._inserts if statement.insert else self._queries
            answer = await to_thread.run_sync(
                statement.run, self._engine, limiter=limiter, abandon_on_cancel=True
            )
        except (EngineError, ValueError, MultiPartException, ClientDisconnect) as error:
            return _refusal(*_explained(error))
        return statement.respond(answer, request, seconds=time.monotonic() - started)

    def _knows(self, request: Request) -> bool:
        user, password = _credentials(request)
        known = hmac.compare_digest(password.encode(), self._password.encode())
        return known and user in (USER, "default")

    async def _body(self, request: Request) -> bytes:
        pieces: list[bytes] = []
        total = 0
        async for piece in request.stream():
            total += len(piece)
            if total > self._body_bytes_max:
                raise wire.TooLargeError(f"the body is larger than {self._body_bytes_max:,} bytes")
            pieces.append(piece)
        return b"".join(pieces)


@dataclass(frozen=True)
class _Statement:
    """A request, understood."""

    sql: str
    insert: wire.Insert | None
    body: bytes
    encoding: str
    format_name: str
    context: Context
    query_id: str
    body_bytes_max: int

    @classmethod
    def of(cls, params: dict[str, str], body: bytes, request: Request, *, bytes_max: int) -> "_Statement":
        text = params.get("query", "").encode()
        encoding = request.headers.get("content-encoding", "").lower()
        insert = wire.split_insert(text)
        if insert is None and body:
            # The body is (the rest of) the statement; an INSERT's data follows its first line.
            body = b"".join(wire.decompress(body, encoding, bytes_max=bytes_max))
            encoding = ""
            text = text + b"\n" + body if text else body
            insert = wire.split_insert(text)
            body = text[insert.data_start :] if insert else b""
        elif insert and insert.data_start < len(text):
            body = text[insert.data_start :] + body
        settings = {name: value for name, value in params.items() if _is_setting(name)}
        if request.method == "GET":
            settings["readonly"] = "2"
        return cls(
            sql="" if insert else text.decode(),
            insert=insert,
            body=body,
            encoding=encoding,
            format_name=params.get("default_format")
            or request.headers.get("x-clickhouse-format", "TabSeparated"),
            context=Context(
                database=params.get("database") or request.headers.get("x-clickhouse-database", ""),
                settings=settings,
                params={name[6:]: value for name, value in params.items() if name.startswith("param_")},
            ),
            query_id=params.get("query_id") or str(uuid4()),
            body_bytes_max=bytes_max,
        )

    def run(self, engine: Engine) -> Answer:
        """Run on the engine; called on a worker thread."""
        if self.insert is None:
            return engine.query(self.sql, self.format_name, self.context)
        if self.encoding:
            # Once for nothing but its size and its soundness: a bomb or a torn body must not add half of itself.
            for _ in self._data():
                pass
        return engine.insert(self.insert.sql, self.insert.format_name, self._data(), self.context)

    def _data(self) -> Iterator[bytes]:
        return wire.decompress(self.body, self.encoding, bytes_max=self.body_bytes_max)

    def respond(self, answer: Answer, request: Request, *, seconds: float) -> Response:
        """Return the answer with ClickHouse's headers around it."""
        format_name = wire.output_format(self.sql) or self.format_name
        content, encoding = answer.content, ""
        if request.query_params.get("enable_http_compression") == "1" and content:
            content, encoding = wire.compress(content, request.headers.get("accept-encoding", ""))
        headers = {
            "X-ClickHouse-Query-Id": self.query_id,
            "X-ClickHouse-Timezone": "UTC",
            "X-ClickHouse-Server-Display-Name": PRODUCT,
            "X-ClickHouse-Summary": _summary(answer, seconds),
        }
        if encoding:
            headers["Content-Encoding"] = encoding
        if answer.content:
            headers["X-ClickHouse-Format"] = format_name
        media_type = _CONTENT_TYPES.get(format_name, "text/plain; charset=UTF-8")
        return Response(content, headers=headers, media_type=media_type)


_NOT_LET_IN = (
    "Code: 516. DB::Exception: Authentication failed: the user or the password is wrong. "
    "Both are in store.json in the store's folder. (AUTHENTICATION_FAILED)"
)


def _summary(answer: Answer, seconds: float) -> str:
    return json.dumps(
        {
            "read_rows": str(answer.rows_read),
            "read_bytes": str(answer.bytes_read),
            "written_rows": str(answer.rows_written),
            "written_bytes": str(answer.bytes_written),
            "elapsed_ns": str(int(seconds * 1e9)),
        }
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


def _is_setting(name: str) -> bool:
    return name not in _NOT_SETTINGS and not name.startswith("param_")


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
