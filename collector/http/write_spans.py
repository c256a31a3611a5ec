"""Spans on their way into the store: what comes in at once is written as one, and acknowledged when durable."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from collector.http.receiver import Receiver

_ROWS_WAITING_MAX = 200_000
_PAUSE_S = 0.1


class BusyError(Exception):
    """More spans are waiting for the store than memory should hold."""


@dataclass
class _Waiting:
    rows: pa.Table
    written: "asyncio.Future[None]"


class SpanWriter:
    """Writes to the table `spans`. One insert is under way at a time; meanwhile the next one grows."""

    def __init__(self, receiver: Receiver, written: Callable[[int], None]) -> None:
        self._receiver = receiver
        self._written = written
        self._waiting: list[_Waiting] = []
        self._writing: asyncio.Task[None] | None = None

    async def write(self, rows: pa.Table) -> None:
        """Return when `rows` are durable. Raises BusyError at once, or what the store raises."""
        if sum(waiting.rows.num_rows for waiting in self._waiting) > _ROWS_WAITING_MAX:
            raise BusyError
        waiting = _Waiting(rows, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all())
        await waiting.written

    async def _write_all(self) -> None:
        while self._waiting:
            # Exporters send every few seconds, many at once: a moment's patience makes one insert of them.
            await asyncio.sleep(_PAUSE_S)
            taken, self._waiting = self._waiting, []
            rows = pa.concat_tables([waiting.rows for waiting in taken])
            try:
                await asyncio.to_thread(self._insert, rows)
            except Exception as error:  # whoever sent them is told, and decides
                _settle(taken, error)
            else:
                self._written(rows.num_rows)
                _settle(taken, None)

    def _insert(self, rows: pa.Table) -> None:
        self._receiver.store.insert("spans", rows, token=f"spans-{rows['batch'][0].as_py()}")


def _settle(taken: list[_Waiting], error: Exception | None) -> None:
    for waiting in taken:
        if waiting.written.done():  # the sender went away
            continue
        if error is None:
            waiting.written.set_result(None)
        else:
            waiting.written.set_exception(error)
