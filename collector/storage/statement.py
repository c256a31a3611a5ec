"""One request to the embedded store: what it asks, running it, and ClickHouse's headers around the answer."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import Response

from collector.storage import wire
from collector.storage.engine import Answer, Context, Engine
from collector.storage.folder import PRODUCT

_NOT_SETTINGS = frozenset(
    {
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
    }
)
_CONTENT_TYPES = {"JSON": "application/json", "CSV": "text/csv", "Native": "application/octet-stream"}


@dataclass(frozen=True)
class Statement:
    """A request, as far as it can be understood without decompressing its body."""

    text: bytes
    body: Sequence[bytes]
    """In the pieces that it came in: a large insert is not put together before it is handed on."""
    encoding: str
    body_bytes_max: int
    format_name: str
    context: Context
    query_id: str
    accepted: str

    @classmethod
    def of(
        cls, params: Mapping[str, str], body: Sequence[bytes], request: Request, *, bytes_max: int
    ) -> "Statement":
        """Read a request whose URL and form fields are in `params`."""
        headers = request.headers
        settings = {name: value for name, value in params.items() if _is_setting(name)}
        if request.method == "GET":
            settings["readonly"] = "2"
        return cls(
            text=params.get("query", "").encode(),
            body=body,
            encoding=headers.get("content-encoding", "").lower(),
            body_bytes_max=bytes_max,
            format_name=params.get("default_format") or headers.get("x-clickhouse-format", "TabSeparated"),
            context=Context(
                database=params.get("database") or headers.get("x-clickhouse-database", ""),
                settings=settings,
                params={name[6:]: value for name, value in params.items() if name.startswith("param_")},
            ),
            query_id=params.get("query_id") or str(uuid4()),
            accepted=headers.get("accept-encoding", "")
            if params.get("enable_http_compression") == "1"
            else "",
        )

    def is_insert(self) -> bool:
        """Return whether this is an INSERT with data, by looking at no more than its beginning."""
        head = self.text or next(self._decompressed(b"".join(self.body), self.encoding), b"")
        return wire.split_insert(head) is not None

    def run(self, engine: Engine) -> Response:
        """Run on the engine and return what to send; takes long, so it is called on a worker thread.

        Raises EngineError, TooLargeError, BadBodyError, UnicodeDecodeError.
        """
        started = time.monotonic()
        text, encoding = self.text, self.encoding
        insert = wire.split_insert(text)
        if insert is not None and insert.data_start == len(text) and not encoding and any(self.body):
            answer = engine.insert(insert.sql, insert.format_name, self.body, self.context)
            return self._respond(answer, self.format_name, started)
        data = b"".join(self.body)
        if data and (insert is None or insert.data_start < len(text)):
            # The body goes on where the address stops, be it in the statement or in its data.
            body = b"".join(self._decompressed(data, encoding))
            text, data, encoding = text + b"\n" + body if text else body, b"", ""
            insert = wire.split_insert(text)
        if insert is None:
            sql = text.decode()
            answer = engine.query(sql, self.format_name, self.context)
            return self._respond(answer, wire.output_format(sql) or self.format_name, started)
        data = data or text[insert.data_start :]
        if encoding:
            # Once for nothing but its size and its soundness: a bomb or a torn body must not add half of itself.
            for _ in self._decompressed(data, encoding):
                pass
        answer = engine.insert(
            insert.sql, insert.format_name, self._decompressed(data, encoding), self.context
        )
        return self._respond(answer, self.format_name, started)

    def _decompressed(self, data: bytes, encoding: str) -> Iterator[bytes]:
        return wire.decompress(data, encoding, bytes_max=self.body_bytes_max)

    def _respond(self, answer: Answer, format_name: str, started_seconds: float) -> Response:
        """Return the answer with ClickHouse's headers around it."""
        content, encoding = wire.compress(answer.content, self.accepted) if answer.content else (b"", "")
        headers = {
            "X-ClickHouse-Query-Id": self.query_id,
            "X-ClickHouse-Timezone": "UTC",
            "X-ClickHouse-Server-Display-Name": PRODUCT,
            "X-ClickHouse-Summary": _summary(answer, time.monotonic() - started_seconds),
        }
        if encoding:
            headers["Content-Encoding"] = encoding
        if answer.content:
            headers["X-ClickHouse-Format"] = format_name
        media_type = _CONTENT_TYPES.get(format_name, "text/plain; charset=UTF-8")
        return Response(content, headers=headers, media_type=media_type)


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


def _is_setting(name: str) -> bool:
    return name not in _NOT_SETTINGS and not name.startswith("param_")
