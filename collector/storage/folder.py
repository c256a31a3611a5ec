"""The folder of an embedded store: who has it (store.lock) and how to reach them (store.json)."""

import fcntl
import json
import os
import re
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType

import psutil

from collector.errors import StoreLockedError

USER = "headwater"
PRODUCT = "headwater-store"
EXIT_LOCKED = 75
"""Exit code of a store that finds its folder taken (EX_TEMPFAIL): look for the one that serves it."""

_LOCK_SECONDS_MAX = 0.5


@dataclass(frozen=True)
class ServerState:
    """How to reach the process that serves a folder. Kept after it ends: port and password are used again."""

    pid: int
    port: int
    password: str

    def __repr__(self) -> str:
        return f"ServerState(pid={self.pid}, port={self.port})"


def read_state(folder: Path) -> ServerState | None:
    """Return what store.json says; None if there is none or it cannot be understood."""
    try:
        found = json.loads((folder / "store.json").read_bytes())
        return ServerState(pid=int(found["pid"]), port=int(found["port"]), password=str(found["password"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_state(folder: Path, state: ServerState) -> None:
    """Write store.json for our own user only; a reader sees the old one or the new one, never half of it."""
    draft = folder / f"store.json.{state.pid}"
    draft.unlink(missing_ok=True)
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "w") as stream:
        json.dump({"user": USER, **asdict(state)}, stream)
    draft.replace(folder / "store.json")


class FolderLock:
    """Exclusive use of a folder for as long as this process lives, however it ends."""

    def __init__(self, folder: Path):
        """Remember `folder`; entering takes the lock. Raises StoreLockedError, naming the holder, if it is taken."""
        self._folder = folder
        self._file = -1

    def __enter__(self) -> "FolderLock":
        file = os.open(self._folder / "store.lock", os.O_RDWR | os.O_CREAT, 0o600)
        give_up = time.monotonic() + _LOCK_SECONDS_MAX  # somebody may be looking whether it is taken
        while not _try_lock(file, fcntl.LOCK_EX):
            if time.monotonic() > give_up:
                os.close(file)
                raise StoreLockedError(
                    f"The store's folder {self._folder} is in use by {holder(self._folder)}."
                )
            time.sleep(0.01)
        os.ftruncate(file, 0)
        os.pwrite(file, str(os.getpid()).encode(), 0)
        self._file = file
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._file)


def is_locked(folder: Path) -> bool:
    """Return whether some process holds the folder."""
    return _is_locked_file(folder / "store.lock")


def holder(folder: Path) -> str:
    """Return who holds the folder, for a message: process id and command line where they can be seen."""
    return _writer_of(folder / "store.lock")


def engine_holder(folder: Path) -> str:
    """Return who has the engine's own folder open; empty if nobody. It may be any program that uses chDB."""
    status = folder / "status"
    return _writer_of(status) if _is_locked_file(status) else ""


def _is_locked_file(path: Path) -> bool:
    try:
        file = os.open(path, os.O_RDWR)
    except (FileNotFoundError, NotADirectoryError):
        return False
    try:
        return not _try_lock(file, fcntl.LOCK_SH)
    finally:
        os.close(file)


def _writer_of(path: Path) -> str:
    """Name the process whose id is the first number in the file."""
    try:
        found = re.search(r"\d+", path.read_text())
        pid = int(found[0]) if found else 0
        command = " ".join(psutil.Process(pid).cmdline())[:120] if pid else ""
    except (OSError, psutil.Error):
        return "another process"
    return f"process {pid} ({command})" if pid else "another process"


def _try_lock(file: int, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
