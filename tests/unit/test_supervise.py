"""The supervisor, with small processes of its own."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from collector import supervise
from collector.supervise import Child, Event, LogFile, Supervisor

SLEEP = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)",
]
ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def running(folder: Path, *children: Child) -> AsyncIterator[tuple[Supervisor, list[Event]]]:
    told: list[Event] = []
    supervisor = Supervisor(children, folder, told.append)
    await supervisor.start()
    try:
        yield supervisor, told
    finally:
        await supervisor.stop()


async def until(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not reached():  # noqa: ASYNC110 - what is waited for lives in other processes
            await asyncio.sleep(0.02)


def kinds(told: list[Event], child: str) -> list[str]:
    return [event.kind for event in told if event.child == child and event.kind != "printed"]


async def test_a_child_is_started_only_when_the_one_before_it_is_ready(tmp_path: Path) -> None:
    gate = asyncio.Event()
    told: list[Event] = []
    children = [Child("first", SLEEP, ready=lambda: wait(gate)), Child("second", SLEEP)]
    supervisor = Supervisor(children, tmp_path, told.append)
    starting = asyncio.create_task(supervisor.start())
    await asyncio.sleep(0.3)
    assert kinds(told, "first") == ["starting"]
    assert kinds(told, "second") == []

    gate.set()
    await starting

    assert kinds(told, "first") == ["starting", "ready"]
    assert kinds(told, "second") == ["starting"]
    await supervisor.stop()


async def wait(gate: asyncio.Event) -> None:
    await gate.wait()


async def test_a_child_that_is_never_ready_does_not_hold_up_the_others(tmp_path: Path) -> None:
    never = Child("first", SLEEP, ready=lambda: wait(asyncio.Event()), ready_s_max=0.2)

    async with running(tmp_path, never, Child("second", SLEEP)) as (_, told):
        assert kinds(told, "first") == ["starting", "slow"]
        assert kinds(told, "second") == ["starting"]


async def test_a_child_that_dies_is_started_again_and_its_last_words_are_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervise, "BACKOFFS_S", (0.05, 0.1))
    dying = Child("dying", [sys.executable, "-c", "print('no such thing'); raise SystemExit(3)"])

    async with running(tmp_path, dying) as (_, told):
        await until(lambda: kinds(told, "dying").count("starting") == 3)

    died = [event.text for event in told if event.kind == "died"]
    assert died == ["ended with code 3: no such thing; trying again in 0.05 s"]


async def test_a_child_that_was_killed_is_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervise, "BACKOFFS_S", (0.05,))
    others = set(psutil.Process().children())  # brokers and stores of other tests in this session
    async with running(tmp_path, Child("victim", SLEEP)) as (_, told):
        (process,) = set(psutil.Process().children()) - others

        process.kill()
        await until(lambda: kinds(told, "victim").count("starting") == 2)

    assert [event.text for event in told if event.kind == "died"] == [
        "was ended by SIGKILL; trying again in 0.05 s"
    ]


async def test_what_children_print_is_kept_with_lines_of_any_length(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "print('a' * 200_000); print('é'); import time; time.sleep(60)"]

    async with running(tmp_path, Child("talker", command)) as (_, told):
        await until(lambda: any(event.text == "é" for event in told))

    assert (tmp_path / "talker.log").read_text().replace("\n", "").count("a") == 200_000


async def test_stop_ends_children_and_what_they_have_started(tmp_path: Path) -> None:
    nested = (
        f"import subprocess, sys, time; subprocess.Popen({SLEEP!r}); print('up', flush=True); time.sleep(60)"
    )
    mother = Child("mother", [sys.executable, "-c", nested])
    others = set(psutil.Process().children(recursive=True))
    async with running(tmp_path, Child("first", SLEEP), mother) as (_, told):
        await until(lambda: sum(event.text == "up" for event in told) == 3)
        family = set(psutil.Process().children(recursive=True)) - others
        assert len(family) >= 3
        began_s = time.monotonic()

    assert time.monotonic() - began_s < 3
    await until(lambda: not any(alive(process) for process in family))


def alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


async def test_a_child_that_does_not_listen_is_killed_when_its_time_is_over(tmp_path: Path) -> None:
    stubborn = [Child(name, STUBBORN, stop_s_max=0.3) for name in ("first", "second", "third")]
    async with running(tmp_path, *stubborn) as (_, told):
        await until(lambda: sum(event.text == "up" for event in told) == 3)
        began_s = time.monotonic()

    # The first one's time begins when the others are gone.
    assert 0.6 <= time.monotonic() - began_s < 1.5
    assert {kinds(told, child.name)[-1] for child in stubborn} == {"stopped"}


@pytest.mark.parametrize("turns", [0, 1, 2, 3, 5, 10])
async def test_a_stop_in_the_middle_of_starting_leaves_nothing(tmp_path: Path, turns: int) -> None:
    others = set(psutil.Process().children())
    supervisor = Supervisor([Child("first", SLEEP), Child("second", SLEEP)], tmp_path, lambda _: None)
    starting = asyncio.create_task(supervisor.start())
    for _ in range(turns):
        await asyncio.sleep(0)

    starting.cancel()
    await asyncio.gather(starting, return_exceptions=True)
    await supervisor.stop()

    await until(lambda: not any(alive(child) for child in set(psutil.Process().children()) - others))


async def test_the_first_child_is_told_last(tmp_path: Path) -> None:
    async with running(tmp_path, Child("store", SLEEP), Child("a", SLEEP), Child("b", SLEEP)) as (_, told):
        await until(lambda: sum(event.text == "up" for event in told) == 3)

    assert [event.child for event in told if event.kind == "stopped"][-1] == "store"


def test_children_die_with_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    script = f"""
import asyncio, pathlib
from collector.supervise import Child, Supervisor
async def main():
    supervisor = Supervisor([Child("one", {SLEEP!r})], pathlib.Path({str(tmp_path)!r}), lambda event: None)
    await supervisor.start()
    print("started", flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"started\n"
        (child,) = psutil.Process(process.pid).children()
        process.send_signal(signal.SIGKILL)

    child.wait(timeout=5)


def test_a_full_log_makes_room_for_a_new_one(tmp_path: Path) -> None:
    with LogFile(tmp_path / "x.log", bytes_max=10) as log:
        for number in range(4):
            log.write(b"line %d\n" % number)

    assert (tmp_path / "x.log").read_bytes() == b"line 2\nline 3\n"
    assert (tmp_path / "x.log.1").read_bytes() == b"line 0\nline 1\n"
