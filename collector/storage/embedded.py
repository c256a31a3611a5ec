"""Find the process that serves an embedded store's folder, or start it, and hold it open while we need it."""

import http.client
import json
import os
import select
import subprocess
import sys
import time
from base64 import b64encode
from contextlib import suppress
from pathlib import Path

from collector.errors import StoreLockedError, StoreUnavailableError
from collector.storage.clickhouse import Endpoint
from collector.storage.folder import EXIT_LOCKED, PRODUCT, USER, ServerState, holder, is_locked, read_state

_ATTACH_SECONDS_MAX = 30.0
_ANSWER_SECONDS_MAX = 5.0
_POLL_SECONDS = 0.02
_EXIT_SECONDS_MAX = 3.0
_LOSS_SECONDS_MAX = 0.3
"""A process that is killed does not close all its connections in one instant."""


class Lease:
    """A hold on a running store: one open connection, which the kernel closes however we end."""

    def __init__(self, state: ServerState, connection: http.client.HTTPConnection, others: int):
        """Take over `connection`, on which the store has greeted us; `others` held it before."""
        self.state = state
        self.others_at_start = others
        self.child: subprocess.Popen[bytes] | None = None
        self._connection = connection

    @classmethod
    def take(cls, state: ServerState) -> "Lease | None":
        """Return a lease from the store that `state` describes; None if it is not (yet, or any more) there."""
        connection = http.client.HTTPConnection("127.0.0.1", state.port, timeout=_ANSWER_SECONDS_MAX)
        login = b64encode(f"{USER}:{state.password}".encode()).decode()
        try:
            connection.request("GET", "/lease", headers={"Authorization": f"Basic {login}"})
            response = connection.getresponse()
            greeting = json.loads(response.readline(1000)) if response.status == http.client.OK else {}
        except (OSError, http.client.HTTPException, ValueError):
            connection.close()
            return None
        if not isinstance(greeting, dict) or greeting.get("product") != PRODUCT:
            connection.close()
            return None
        return cls(state, connection, int(greeting.get("others", 0)))

    def is_lost(self, seconds_max: float = 0) -> bool:
        """Return whether the store has gone, or goes within `seconds_max`."""
        sock = self._connection.sock
        return sock is None or bool(select.select([sock], [], [], seconds_max)[0])

    def release(self) -> None:
        """Give it back. If we started the store and nobody else needs it, wait until it has ended."""
        self._connection.close()
        child, self.child = self.child, None
        if child is not None and not self._others(child):
            with suppress(subprocess.TimeoutExpired):
                child.wait(_EXIT_SECONDS_MAX)

    def _others(self, child: subprocess.Popen[bytes]) -> bool:
        probe = Lease.take(self.state) if child.poll() is None else None
        if probe is None:
            return False
        probe._connection.close()
        return probe.others_at_start > 0


def attach(folder: Path, *, seconds_max: float = _ATTACH_SECONDS_MAX) -> Lease:
    """Return a lease on the store in `folder`, starting it where none runs.

    Several processes may call this at once: one store starts, all of them get it.
    Raises StoreLockedError if a process holds the folder and does not serve it, StoreUnavailableError if the
    store cannot start.
    """
    folder = folder.expanduser().resolve()
    give_up = time.monotonic() + seconds_max
    child: subprocess.Popen[bytes] | None = None
    while True:
        state = read_state(folder)
        # The password goes only to whom holds the folder, not to whom got the port after a store had ended.
        if state and is_locked(folder) and (lease := Lease.take(state)):
            lease.child = child
            return lease
        if child is None:
            child = None if is_locked(folder) else _start(folder)
        elif child.poll() is not None:
            if child.returncode != EXIT_LOCKED or not is_locked(folder):
                raise _not_started(folder, child.returncode)
            child = None  # somebody was faster: wait for theirs
        if time.monotonic() > give_up:
            raise StoreLockedError(
                f"The store's folder {folder} is held by {holder(folder)}, which does not answer. "
                "End that process, or name another folder in HEADWATER_STORE."
            )
        time.sleep(_POLL_SECONDS)


def _start(folder: Path) -> subprocess.Popen[bytes]:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        log = (folder / "store.log").open("ab")
    except OSError as error:
        raise StoreUnavailableError(
            f"The store's folder {folder} cannot be used: {error.strerror}."
        ) from None
    with log:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "collector.storage.host", str(folder)],
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry),
            },  # as we import
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for us; the store ends when we give it back
        )


def _not_started(folder: Path, code: int) -> Exception:
    log = (folder / "store.log").read_text(errors="backslashreplace").strip().splitlines()
    last = log[-1] if log else "it said nothing"
    if code == EXIT_LOCKED:
        return StoreLockedError(last)
    return StoreUnavailableError(
        f"The store in {folder} did not start (exit code {code}): {last}. The whole story is in {folder / 'store.log'}."
    )


class AttachedFolder:
    """The store of a folder, found again or started again whenever it has gone."""

    def __init__(self, folder: Path, database: str):
        """Remember where; `find` attaches."""
        self._folder = folder
        self._database = database
        self._lease: Lease | None = None
        self._released = False

    def find(self, was_lost: bool = False) -> Endpoint:
        """Return where the store is, holding a lease on it from now on. Raises like `attach`.

        `was_lost` says that a connection broke: then the lease is given a moment to break, too.
        """
        if self._released:
            raise StoreUnavailableError("This store has been closed.")
        if self._lease is not None and self._lease.is_lost(_LOSS_SECONDS_MAX if was_lost else 0):
            self._lease.release()
            self._lease = None
        if self._lease is None:
            self._lease = attach(self._folder)
        state = self._lease.state
        return Endpoint("127.0.0.1", state.port, USER, state.password, self._database)

    def release(self) -> None:
        """Give the lease back; the store ends if it was the last one. May be called twice."""
        self._released = True
        lease, self._lease = self._lease, None
        if lease is not None:
            lease.release()
