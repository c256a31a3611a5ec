"""A TCP proxy that can go away and come back, or lose an answer: the network between two processes."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from types import TracebackType

_CHUNK_BYTES = 65_536


class Proxy:
    """Passes bytes between a free local port and `target_port` on 127.0.0.1."""

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._away = False
        self._lose_answers_to = b""
        self._lose_every = self._matches = 0
        self._leave_before, self._requests_left = b"", 0
        self.answers_lost = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> "Proxy":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.go_away()
        self._listener.close()

    def go_away(self) -> None:
        """Cut every connection and refuse new ones."""
        with self._lock:
            self._away = True
            _close(self._open)
            self._open.clear()

    def go_away_before(self, request_contains: bytes, *, nth: int) -> None:
        """Go away by itself when the n-th request with these bytes in it comes, which is not passed on."""
        with self._lock:
            self._leave_before, self._requests_left = request_contains, nth

    @property
    def is_away(self) -> bool:
        """Whether connections are refused."""
        return self._away

    def come_back(self) -> None:
        """Accept connections again."""
        with self._lock:
            self._away = False

    def lose_answers(self, request_contains: bytes, *, every: int) -> None:
        """Pass every n-th request with these bytes in it on, then cut the connection instead of answering.

        0 stops that.
        """
        with self._lock:
            self._lose_answers_to, self._lose_every, self._matches = request_contains, every, 0

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:  # the listener was closed: the proxy's life is over
                return
            with self._lock:
                if self._away:
                    client.close()
                    continue
                try:
                    server = socket.create_connection(("127.0.0.1", self._target_port))
                except OSError:
                    client.close()
                    continue
                self._open |= {client, server}
            pair = _Pair(client, server)
            threading.Thread(target=self._pass_requests, args=(pair,), daemon=True).start()
            threading.Thread(target=self._pass_answers, args=(pair,), daemon=True).start()

    def _pass_requests(self, pair: "_Pair") -> None:
        for part in _parts(pair.client):
            if self._is_to_leave(part):
                self.go_away()
                break
            pair.loses_answer = pair.loses_answer or self._is_to_lose(part)
            if not _send(pair.server, part):
                break
        self._forget(pair)

    def _is_to_leave(self, part: bytes) -> bool:
        with self._lock:
            if not self._requests_left or self._leave_before not in part:
                return False
            self._requests_left -= 1
            return self._requests_left == 0

    def _is_to_lose(self, part: bytes) -> bool:
        with self._lock:
            if not self._lose_every or self._lose_answers_to not in part:
                return False
            self._matches += 1
            return self._matches % self._lose_every == 0

    def _pass_answers(self, pair: "_Pair") -> None:
        for part in _parts(pair.server):
            if pair.loses_answer:
                self.answers_lost += 1
                break
            if not _send(pair.client, part):
                break
        self._forget(pair)

    def _forget(self, pair: "_Pair") -> None:
        with self._lock:
            _close({pair.client, pair.server})
            self._open -= {pair.client, pair.server}


class _Pair:
    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.client, self.server = client, server
        self.loses_answer = False
        for end in (client, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _parts(connection: socket.socket) -> Iterator[bytes]:
    while True:
        try:
            part = connection.recv(_CHUNK_BYTES)
        except OSError:
            return
        if not part:
            return
        yield part


def _send(connection: socket.socket, part: bytes) -> bool:
    try:
        connection.sendall(part)
    except OSError:
        return False
    return True


def _close(connections: set[socket.socket]) -> None:
    for connection in connections:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)  # wakes the thread that reads from it; close alone does not
        connection.close()
