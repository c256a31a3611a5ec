"""Leases on a running store: who is connected, told by connections that stay open."""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from collector.storage.folder import PRODUCT


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


class LeaseResponse(Response):
    """A response that lasts until its reader goes or the store stops."""

    def __init__(self, leases: Leases):
        super().__init__(media_type="application/x-ndjson")
        del self.headers["content-length"]
        self._leases = leases

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        """Greet, then keep the connection open."""
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
