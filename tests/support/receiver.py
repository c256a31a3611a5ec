"""A receiver in a thread, on a port of its own."""

import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message

import uvicorn

from collector.http.receiver import Receiver
from collector.http.serve import application, listen
from collector.settings import load
from collector.storage.api import Store

PROTOBUF = {"Content-Type": "application/x-protobuf"}
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Message
    body: bytes


@dataclass(frozen=True)
class Address:
    """Where the receiver listens."""

    url: str

    def get(self, path: str) -> Reply:
        return self._ask(urllib.request.Request(self.url + path))

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        return self._ask(urllib.request.Request(self.url + path, body, dict(headers), method="POST"))

    def _ask(self, request: urllib.request.Request) -> Reply:
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                return Reply(reply.status, reply.headers, reply.read())
        except urllib.error.HTTPError as error:
            return Reply(error.code, error.headers, error.read())


@contextmanager
def receiving(store: Store | None, **settings: object) -> Iterator[Address]:
    """Run a receiver with this store; None = the store is away."""
    receiver = Receiver(load(**settings))
    if store is not None:
        receiver.use(_Kept(store))  # type: ignore[arg-type]
    listener = listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(application(receiver), log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, args=([_copy(listener)],), daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.005)
    try:
        yield Address(f"http://127.0.0.1:{listener.getsockname()[1]}")
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


class _Kept:
    """A store that outlives its receiver: the test closes it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> object:
        return (lambda: None) if name == "close" else getattr(self._store, name)


def _copy(listener: socket.socket) -> socket.socket:
    return listener.dup()
