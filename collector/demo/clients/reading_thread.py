"""Blocking clients read in a thread of their own and hand over to the event loop."""

import asyncio
import threading
from collections.abc import Callable, Sequence

from collector.demo.clients.api import Context
from collector.demo.model import Record

Read = Callable[[], tuple[Record, Context] | None]


class ReadingThread:
    """Calls `read` (waits a moment, returns a record or None) until stopped, then `close`, all in one thread."""

    def __init__(self, name: str, read: Read, close: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[tuple[Record, Context] | Exception] = asyncio.Queue()
        self._read = read
        self._close = close
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"{name} reads", daemon=True)
        self._thread.start()

    async def receive(self) -> Sequence[tuple[Record, Context]]:
        """Return what has been read since the last call; waits for the first. Raises what `read` raised."""
        found = [await self._queue.get()]
        while not self._queue.empty():
            found.append(self._queue.get_nowait())
        for one in found:
            if isinstance(one, Exception):
                raise one
        return [one for one in found if not isinstance(one, Exception)]

    async def stop(self) -> None:
        """Let the thread end."""
        self._stopping.set()
        await asyncio.to_thread(self._thread.join, 2)

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                one = self._read()
                if one:
                    self._loop.call_soon_threadsafe(self._queue.put_nowait, one)
        except Exception as error:
            self._loop.call_soon_threadsafe(self._queue.put_nowait, error)
        finally:
            self._close()
