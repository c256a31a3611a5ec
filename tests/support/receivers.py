"""Receivers of alerts on this machine that can fail, hang and recover: HTTP and SMTP, both real."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller

_HANGS_S = 2.5  # longer than the tests wait


@dataclass
class HttpReceiver:
    """Answers with the next of `answers` (status, seconds to wait), then always 200; keeps what it acknowledged.

    `cuts` = it breaks off within the body of its answers.
    """

    url: str = ""
    cuts: bool = False
    answers: list[tuple[int, float]] = field(default_factory=list)
    taken: list[dict[str, Any]] = field(default_factory=list)
    refused: int = 0
    headers: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def http_receiver() -> Iterator[HttpReceiver]:
    """Yield a receiver that listens on a free port."""
    receiver = HttpReceiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, wait_s = receiver.answers.pop(0) if receiver.answers else (200, 0.0)
            time.sleep(wait_s)
            if 200 <= status < 300 and not wait_s:
                receiver.taken.append(json.loads(body))
                receiver.headers.append(dict(self.headers))
            else:
                receiver.refused += 1
            try:
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("Location", receiver.url)
                self.send_header("Content-Length", "100" if receiver.cuts else "0")
                self.end_headers()
                self.close_connection = True
            except OSError:
                pass  # whoever asked has gone

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class MailReceiver:
    """Answers with the next of `answers` (an SMTP reply, or "" = it hangs), then takes everything. `goodbye` is its
    answer to QUIT; "" = none."""

    port: int = 0
    answers: list[str] = field(default_factory=list)
    taken: list[bytes] = field(default_factory=list)
    goodbye: str = "221 Bye"

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802
        """See aiosmtpd."""
        if self.answers:
            answer = self.answers.pop(0)
            await asyncio.sleep(0 if answer else _HANGS_S)
            return answer or "451 too late"
        self.taken.append(envelope.content)
        return "250 OK"

    async def handle_QUIT(self, _server: object, _session: object, _envelope: Any) -> str:  # noqa: N802
        """See aiosmtpd."""
        await asyncio.sleep(0 if self.goodbye else _HANGS_S)
        return self.goodbye or "221 Bye"


class _OnAFreePort(Controller):
    def _trigger_server(self) -> None:
        sockets: Any = getattr(self.server, "sockets", ())
        self.port = sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@contextmanager
def mail_receiver() -> Iterator[MailReceiver]:
    """Yield a mail server that listens on a free port."""
    receiver = MailReceiver()
    controller = _OnAFreePort(receiver, hostname="127.0.0.1", port=0)
    controller.start()
    receiver.port = controller.port
    try:
        yield receiver
    finally:
        controller.stop()
