"""Runs the parts of Headwater as child processes: started in order of readiness, restarted when they die.

Children live in sessions of their own, so that Ctrl-C in a terminal reaches the supervisor alone, and die
with it however it ends. What they print is kept in a file per child.
"""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PR_SET_PDEATHSIG = 1
KILL_S_MAX = 0.4
LINE_BYTES_MAX = 1 << 16
LOG_BYTES_MAX = 10 * 2**20
BACKOFFS_S = (0.5, 1.0, 2.0, 5.0, 10.0)
STEADY_S = 30.0

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent() -> None:
    """Ask the kernel to kill this process when its parent ends. Runs in the child, before it becomes itself.

    Linux only; elsewhere a supervisor that is killed leaves its children to whoever started it.
    """
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


@dataclass(frozen=True)
class Child:
    """A process to run.

    `ready` returns once it does its work, and may wait for ever: it is given `ready_s_max`. Asked to stop,
    it is killed after `stop_s_max`.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    ready: Callable[[], Awaitable[None]] | None = None
    ready_s_max: float = 60.0
    stop_s_max: float = 1.5


@dataclass(frozen=True)
class Event:
    """What the supervisor tells: `kind` is starting | ready | slow | died | printed | stopped."""

    child: str
    kind: str
    text: str = ""


class Supervisor:
    """Keeps `children` running. `tell` is called on the event loop with everything that happens."""

    def __init__(self, children: Sequence[Child], logs: Path, tell: Callable[[Event], None]) -> None:
        self._children = children
        self._logs = logs
        self._tell = tell
        self._processes: dict[str, asyncio.subprocess.Process] = {}
        self._keepers: list[asyncio.Task[None]] = []
        self._stopping = asyncio.Event()

    async def start(self) -> None:
        """Start the children one after the other, each when the one before it is ready, or too slow."""
        self._logs.mkdir(parents=True, exist_ok=True)
        for child in self._children:
            if self._stopping.is_set():
                return
            started = asyncio.Event()
            self._keepers.append(asyncio.create_task(self._keep(child, started)))
            await started.wait()
            await self._wait_until_ready(child)

    async def stop(self) -> None:
        """Stop all children; the first one last, since the others stand on it."""
        self._stopping.set()
        first, others = self._children[:1], self._children[1:]
        await asyncio.gather(*(self._stop_child(child) for child in others))
        await asyncio.gather(*(self._stop_child(child) for child in first))
        if self._keepers:
            _, late = await asyncio.wait(self._keepers, timeout=KILL_S_MAX)
            for keeper in late:
                keeper.cancel()

    async def _stop_child(self, child: Child) -> None:
        process = self._processes.get(child.name)
        if process is None:
            return
        _signal_group(process, signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), child.stop_s_max)
        # The group and not the process: what a child has started must not outlive it.
        _signal_group(process, signal.SIGKILL)

    async def _wait_until_ready(self, child: Child) -> None:
        if child.ready is None:
            return
        try:
            await asyncio.wait_for(child.ready(), child.ready_s_max)
        except TimeoutError:
            self._tell(
                Event(child.name, "slow", f"not ready after {child.ready_s_max:g} s; going on without")
            )
        else:
            self._tell(Event(child.name, "ready"))

    async def _keep(self, child: Child, started: asyncio.Event) -> None:
        """Run the child; when it ends though nobody asked, say so and run it again, ever less eagerly."""
        deaths, told = 0, ""
        while not self._stopping.is_set():
            began_s = time.monotonic()
            self._tell(Event(child.name, "starting"))
            code, last_lines = await self._run(child, started)
            if self._stopping.is_set():
                break
            deaths = 0 if time.monotonic() - began_s > STEADY_S else deaths
            backoff_s = BACKOFFS_S[min(deaths, len(BACKOFFS_S) - 1)]
            deaths += 1
            why = _how_it_ended(code, last_lines)
            if why != told:  # what goes wrong in the same way again and again is said once
                self._tell(Event(child.name, "died", f"{why}; trying again in {backoff_s:g} s"))
            told = why
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), backoff_s)
        self._tell(Event(child.name, "stopped"))

    async def _run(self, child: Child, started: asyncio.Event) -> tuple[int, Sequence[str]]:
        process = await asyncio.create_subprocess_exec(
            *child.command,
            # One sentence, one line: wide enough that nobody wraps what goes into a log.
            env={**os.environ, "PYTHONUNBUFFERED": "1", "COLUMNS": "1000", **child.environment},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=LINE_BYTES_MAX,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
        self._processes[child.name] = process
        started.set()
        try:
            last_lines = await self._keep_log(child, process)
            return await process.wait(), last_lines
        finally:
            del self._processes[child.name]
            if process.returncode is None:  # stopped while it was being started
                _signal_group(process, signal.SIGKILL)
                await process.wait()

    async def _keep_log(self, child: Child, process: asyncio.subprocess.Process) -> Sequence[str]:
        """Copy what the child prints to its file until it ends; return its last lines."""
        last_lines: deque[str] = deque(maxlen=5)
        output = process.stdout
        with LogFile(self._logs / f"{child.name}.log") as file:
            while output and (line := await _line(output)):
                file.write(line)
                text = line.decode(errors="replace").rstrip()
                if text:
                    last_lines.append(text)
                    self._tell(Event(child.name, "printed", text))
        return last_lines


class LogFile:
    """Appends to a file; when that is full it becomes `<name>.1` and a new one begins."""

    def __init__(self, path: Path, bytes_max: int = LOG_BYTES_MAX) -> None:
        self._path = path
        self._bytes_max = bytes_max

    def __enter__(self) -> "LogFile":
        self._file = self._path.open("ab", buffering=0)
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, line: bytes) -> None:
        """Append a line, which is on its way to the disk when this returns."""
        if self._file.tell() > self._bytes_max:
            self._file.close()
            self._path.replace(self._path.with_name(f"{self._path.name}.1"))
            self._file = self._path.open("ab", buffering=0)
        self._file.write(line)


def _how_it_ended(code: int, last_lines: Sequence[str]) -> str:
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with code {code}" + (f": {last_lines[-1].rstrip('.')}" if last_lines else "")


async def _line(stream: asyncio.StreamReader) -> bytes:
    """Return the next line, or a piece of it where it is longer than the limit; empty at the end."""
    try:
        return await stream.readuntil()
    except asyncio.IncompleteReadError as end:
        return end.partial
    except asyncio.LimitOverrunError as long:
        return await stream.read(long.consumed) + b"\n"


def _signal_group(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)
