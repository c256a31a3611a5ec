"""The embedded store's own process: lock the folder, open the engine, serve it, end cleanly.

chDB opens a folder for one process only, and the collector, the dashboard and the command line all need
it: so one process of ours has it open and serves ClickHouse's HTTP interface to the others on 127.0.0.1.
"""

import argparse
import asyncio
import os
import secrets
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import uvicorn

from collector.errors import HeadwaterError, StoreLockedError
from collector.storage.engine import Engine
from collector.storage.folder import EXIT_LOCKED, FolderLock, ServerState, read_state, write_state
from collector.storage.lease import Leases
from collector.storage.serve import Facade

MEMORY_BYTES_MAX = min(2 * 2**30, psutil.virtual_memory().total // 2)
BODY_BYTES_MAX = 256 * 2**20

_FIRST_LEASE_SECONDS_MAX = 15.0
_LEASE_GAP_SECONDS = 0.2
_STOP_SECONDS_MAX = 1.0
_KEEP_ALIVE_SECONDS = 300
_URL_BYTES_MAX = 2**20
"""As ClickHouse's http_max_uri_size; uvicorn's own limit of 64 KiB would refuse large parameters."""


class _HttpThread(threading.Thread):
    """uvicorn on a thread of its own: the main thread keeps the signals, which uvicorn and chDB both want."""

    def __init__(self, facade: Facade, leases: Leases, listener: socket.socket):
        super().__init__(name="http", daemon=True)
        self._leases = leases
        self._listener = listener
        self._loop = asyncio.new_event_loop()
        self._server = uvicorn.Server(
            uvicorn.Config(
                facade.app(),
                http="h11",
                loop="asyncio",
                lifespan="off",
                ws="none",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_keep_alive=_KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=int(_STOP_SECONDS_MAX),
                h11_max_incomplete_event_size=_URL_BYTES_MAX,
            )
        )

    def run(self) -> None:
        """Serve until `stop`."""
        self._loop.run_until_complete(self._server.serve(sockets=[self._listener]))

    @property
    def started(self) -> bool:
        """Return whether requests are answered."""
        return self._server.started

    def stop(self) -> None:
        """Stop accepting and let what is running finish; the thread ends soon after."""
        self._loop.call_soon_threadsafe(self._leases.stopping.set)
        self._server.should_exit = True


def host(
    folder: Path, *, port: int = 0, leased: bool = False, say: Callable[[ServerState], None] = lambda _: None
) -> None:
    """Serve the store in `folder` until SIGTERM or SIGINT, or, if `leased`, until nobody holds a lease.

    `port` 0 takes the port of last time where it is free, so that clients find a restarted store again.
    Raises StoreLockedError if another process has the folder.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with FolderLock(folder):
        engine = Engine(folder / "engine", memory_bytes_max=MEMORY_BYTES_MAX)
        try:
            _serve(engine, folder, port=port, leased=leased, say=say)
        finally:
            engine.close()


def _serve(
    engine: Engine, folder: Path, *, port: int, leased: bool, say: Callable[[ServerState], None]
) -> None:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())  # after chDB, which installs handlers of its own
    before = read_state(folder)
    password = before.password if before else secrets.token_urlsafe(24)
    leases = Leases()
    listener = _listen(port or (before.port if before else 0), strictly=bool(port))
    facade = Facade(engine, password, leases=leases, body_bytes_max=BODY_BYTES_MAX)
    http = _HttpThread(facade, leases, listener)
    http.start()
    while http.is_alive() and not http.started and not stop.is_set():
        time.sleep(0.005)
    state = ServerState(pid=os.getpid(), port=listener.getsockname()[1], password=password)
    write_state(folder, state)
    say(state)
    while http.is_alive() and not stop.wait(0.05):
        if leased and _is_left(leases, time.monotonic()):
            break
    _stop(http, engine)


def _is_left(leases: Leases, now_seconds: float) -> bool:
    """Return whether everybody has gone, or whoever started us never came."""
    patience = _LEASE_GAP_SECONDS if leases.ever_held else _FIRST_LEASE_SECONDS_MAX
    return leases.held == 0 and now_seconds - leases.last_change_seconds > patience


def _stop(http: _HttpThread, engine: Engine) -> None:
    http.stop()
    http.join(_STOP_SECONDS_MAX / 2)
    if http.is_alive():
        engine.interrupt()
        http.join(_STOP_SECONDS_MAX)


def _listen(port: int, *, strictly: bool) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        if strictly:
            raise HeadwaterError(
                f"The store cannot listen on 127.0.0.1:{port}: {error.strerror}. Name a free port."
            ) from None
        listener.bind(("127.0.0.1", 0))
    return listener


def main() -> None:
    """Run as a child of a command: `python -m collector.storage.host FOLDER`."""
    parser = argparse.ArgumentParser(description="Serve an embedded store for as long as it is leased.")
    parser.add_argument("folder", type=Path)
    try:
        host(parser.parse_args().folder, leased=True)
        code = 0
    except StoreLockedError as error:
        print(error, file=sys.stderr)
        code = EXIT_LOCKED
    except HeadwaterError as error:
        print(error, file=sys.stderr)
        code = 1
    end(code)


def end(code: int) -> None:
    """Leave the process at once: a query that nothing could cancel must not hold it, and all data is on disk."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
