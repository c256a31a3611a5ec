"""Child processes that never outlive the test run."""

import ctypes
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def _die_with_parent() -> None:
    """Run in the child before exec: the kernel kills it when the test process ends, however that ends."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def spawn(
    command: Sequence[str], *, log: Path, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> subprocess.Popen[bytes]:
    """Start `command` with its output appended to `log`, in a process group of its own.

    `env` is added to ours. Must be called from a thread that lives as long as the child may:
    Linux ties the child's life to the thread that started it.
    """
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})},
            cwd=cwd,
            start_new_session=True,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - prctl is safe between fork and exec
        )


def end(
    process: subprocess.Popen[bytes], *, signal_number: int = signal.SIGTERM, seconds_max: float = 15
) -> int:
    """Ask `process` to end, insist after `seconds_max`, and return its exit code. May be called twice."""
    if process.poll() is None:
        process.send_signal(signal.SIGCONT)  # a stopped process would not see the signal
        process.send_signal(signal_number)
        try:
            process.wait(seconds_max)
        except subprocess.TimeoutExpired:
            process.kill()
    return process.wait()


def free_ports(count: int) -> list[int]:
    """Return ports of 127.0.0.1 that nobody listens on now; distinct, as all are held until chosen."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def wait_until(
    reached: Callable[[], bool], *, what: str, seconds_max: float, pause_seconds: float = 0.1
) -> float:
    """Wait until `reached()` is true; return the seconds it took. Raises AssertionError naming `what`."""
    started = time.monotonic()
    while not reached():
        waited = time.monotonic() - started
        assert waited < seconds_max, f"{what}: not within {seconds_max:g} s"
        time.sleep(pause_seconds)
    return time.monotonic() - started
