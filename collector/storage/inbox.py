"""The data of an INSERT as a file that only exists in memory: what the embedded engine reads it from."""

import os
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class Inbox:
    """Files in memory for data on its way into the engine. May be used by several threads at once.

    One of them is kept and written over: new memory for each write has to be cleared by the kernel first.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept = -1

    @contextmanager
    def holding(self, pieces: Iterable[bytes]) -> Iterator[str]:
        """Yield the path of a file of these pieces, which is good inside the `with`."""
        mine = self._lock.acquire(blocking=False)
        file = self._kept if mine and self._kept >= 0 else _new_file()
        try:
            if mine:
                self._kept = file
            _fill(file, pieces)
            yield f"/dev/fd/{file}"
        finally:
            if mine:
                self._lock.release()
            else:
                os.close(file)

    def close(self) -> None:
        """Give back what is kept, unless it is being read: that must hold up nobody's end. May be called twice."""
        if self._lock.acquire(blocking=False):
            file, self._kept = self._kept, -1
            self._lock.release()
            if file >= 0:
                os.close(file)


def _new_file() -> int:
    if hasattr(os, "memfd_create"):
        return os.memfd_create("headwater-insert")
    with tempfile.TemporaryFile() as file:  # macOS
        return os.dup(file.fileno())


def _fill(file: int, pieces: Iterable[bytes]) -> None:
    os.lseek(file, 0, os.SEEK_SET)
    size = 0
    for piece in pieces:
        view = memoryview(piece)
        while view:
            view = view[os.write(file, view) :]
        size += len(piece)
    os.ftruncate(file, size)
