"""The embedded store as a process: found or started, never in the way, never cut off, never lossy."""

import json
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from collector.errors import StoreLockedError, StoreRejectedError, StoreUnavailableError
from collector.storage.api import Store
from collector.storage.embedded import attach
from collector.storage.folder import is_locked, read_state
from collector.storage.migrate import migrate
from collector.storage.open import open_store
from tests.contract.conftest import Ask
from tests.support.headwater import COMMAND, ROOT, StoreProcess
from tests.support.processes import end, free_ports, spawn, wait_until
from tests.support.rows import events_table

USER_OF_A_STORE = """
import sys, time
from collector.storage.open import open_store
store = open_store(sys.argv[1])
print("open", flush=True)
sys.stdin.read()
store.close()
print("closed", flush=True)
"""
SLOW = "SELECT sleepEachRow(0.5) AS slept FROM numbers(8) SETTINGS max_block_size = 1"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "data"
    yield folder
    if is_locked(folder):  # a test failed half-way: its store must not outlive it
        psutil.Process(pid_of(folder)).kill()


def pid_of(folder: Path) -> int:
    state = read_state(folder)
    assert state is not None
    return state.pid


def has_ended(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


class Neighbour:
    """Another process that uses the store until it is told to leave or is killed."""

    def __init__(self, folder: Path):
        self.process = subprocess.Popen(
            [sys.executable, "-c", USER_OF_A_STORE, f"embedded:{folder}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )

    def is_open(self) -> bool:
        assert self.process.stdout is not None
        return self.process.stdout.readline() == b"open\n"

    def leave(self) -> int:
        self.process.communicate(timeout=20)
        return self.process.returncode

    def __enter__(self) -> "Neighbour":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()


def test_the_last_one_to_leave_ends_the_store(folder: Path) -> None:
    url = f"embedded:{folder}?database=default"
    first, second = open_store(url), open_store(url)
    pid = pid_of(folder)

    first.close()
    assert second.command("SELECT 1") == 1
    second.close()

    wait_until(lambda: has_ended(pid), what="the store ends", seconds_max=3)
    assert not is_locked(folder)


def test_only_its_user_may_read_the_password(folder: Path) -> None:
    open_store(f"embedded:{folder}").close()

    assert stat.S_IMODE((folder / "store.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {"user", "password", "port", "pid"} == json.loads((folder / "store.json").read_text()).keys()
    state = read_state(folder)
    assert state is not None
    assert len(state.password) >= 30
    assert state.password not in repr(state)


def test_processes_that_start_at_once_share_one_store(folder: Path) -> None:
    with ExitStack() as stack:
        neighbours = [stack.enter_context(Neighbour(folder)) for _ in range(4)]
        assert all(neighbour.is_open() for neighbour in neighbours)
        pid = pid_of(folder)

        codes = [neighbour.leave() for neighbour in neighbours]

    assert codes == [0] * 4
    wait_until(lambda: has_ended(pid), what="the store ends", seconds_max=3)


def test_whoever_started_the_store_may_leave_in_the_middle_of_anothers_query(folder: Path, ask: Ask) -> None:
    with Neighbour(folder) as starter, ThreadPoolExecutor(1) as pool:
        assert starter.is_open()
        store = open_store(f"embedded:{folder}?database=default")
        pid = pid_of(folder)
        slow = pool.submit(ask, store, SLOW)

        assert starter.leave() == 0

        assert slow.result() == [{"slept": 0}] * 8
        assert pid_of(folder) == pid
    store.close()
    wait_until(lambda: has_ended(pid), what="the store ends", seconds_max=3)


def test_the_store_ends_with_the_process_that_started_it_however_that_ends(folder: Path) -> None:
    with Neighbour(folder) as starter:
        assert starter.is_open()
        pid = pid_of(folder)

        starter.process.kill()

        wait_until(lambda: has_ended(pid), what="the store ends", seconds_max=3)
    assert not is_locked(folder)


def test_the_terminals_ctrl_c_is_not_for_the_store(folder: Path) -> None:
    with Neighbour(folder) as starter:
        assert starter.is_open()

        assert os.getpgid(pid_of(folder)) not in (os.getpgid(starter.process.pid), os.getpgrp())


def test_what_was_acknowledged_survives_kill_9_and_the_store_comes_back(folder: Path) -> None:
    store = open_store(f"embedded:{folder}")
    migrate(store)
    acknowledged = 0
    for round_ in range(3):
        killer = threading.Timer(0.3, os.kill, (pid_of(folder), signal.SIGKILL))
        killer.start()
        for _ in range(1000):
            row = events_table([{"offset": acknowledged, "names": [f"id:{acknowledged}"]}])
            pid = pid_of(folder)
            store.insert("events", row, token=str(acknowledged))
            acknowledged += 1
            if pid_of(folder) != pid:  # killed, started again, and the insert repeated
                break
        killer.join()

        assert acknowledged > round_
        assert store.command("SELECT count(), uniqExact(offset), max(offset) FROM events FINAL") == [
            str(acknowledged),
            str(acknowledged),
            str(acknowledged - 1),
        ]
        assert store.command("SELECT uniqExact(name_hash) FROM identities") == acknowledged
    store.close()


@pytest.fixture
def served(folder: Path) -> Iterator[StoreProcess]:
    """Return `headwater store`, running."""
    process = StoreProcess(folder)
    process.start()
    yield process
    process.stop()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("busy", [False, True])
def test_a_signal_ends_it_in_order_and_soon(
    served: StoreProcess, folder: Path, ask: Ask, number: signal.Signals, busy: bool
) -> None:
    store = open_store(f"embedded:{folder}")
    migrate(store)
    process = psutil.Process(served.pid)

    def query_for_long() -> None:
        with pytest.raises(StoreUnavailableError):
            ask(store, "SELECT sleepEachRow(1) FROM numbers(60) SETTINGS max_block_size = 1")

    slow = threading.Thread(target=query_for_long)
    if busy:
        slow.start()
        time.sleep(0.5)
    started = time.monotonic()
    process.send_signal(number)

    assert process.wait(10) == 0
    assert time.monotonic() - started < 2.5
    if busy:
        slow.join(30)
    assert not is_locked(folder)


def test_an_insert_that_is_under_way_at_the_signal_is_finished(served: StoreProcess, folder: Path) -> None:
    store = open_store(f"embedded:{folder}")
    migrate(store)
    rows = events_table([{"offset": index} for index in range(20_000)])
    with ThreadPoolExecutor(1) as pool:
        insert = pool.submit(store.insert, "events", rows, token="t")
        time.sleep(0.02)
        psutil.Process(served.pid).send_signal(signal.SIGTERM)
        insert.result()  # finished by the first process, or repeated on the one that we start instead

    assert store.command("SELECT count() FROM events") == 20_000
    store.close()


def test_a_second_store_on_the_folder_names_the_first(served: StoreProcess, folder: Path) -> None:
    second = subprocess.run(
        [*COMMAND, "store", "--store", f"embedded:{folder}"],
        capture_output=True,
        check=False,
        text=True,
        cwd=ROOT,
        timeout=30,
    )

    assert second.returncode == 1
    assert f"in use by process {served.pid}" in " ".join(second.stderr.split())
    assert served.run("SELECT 1", database="default") == [[1]]


def test_a_store_that_was_started_again_is_found_where_it_was(served: StoreProcess, folder: Path) -> None:
    store = open_store(served.url("headwater"))
    migrate(store)
    before = read_state(folder)

    served.kill()
    with pytest.raises(StoreUnavailableError):
        store.query("applied_migrations")
    served.start()

    after = read_state(folder)
    assert before is not None
    assert after is not None
    assert (after.port, after.password) == (before.port, before.password)
    assert store.query("applied_migrations")


def test_a_port_may_be_asked_for(folder: Path) -> None:
    port = free_ports(1)[0]
    log = folder.with_suffix(".log")
    command = [*COMMAND, "store", "--store", f"embedded:{folder}", "--port", str(port)]
    process = spawn(command, log=log, cwd=ROOT)
    try:
        wait_until(lambda: f":{port}/" in log.read_text(), what="the store answers", seconds_max=20)
    finally:
        assert end(process) == 0
    assert "password" in log.read_text()
    state = read_state(folder)
    assert state is not None
    assert state.password not in log.read_text()


def test_a_holder_that_does_not_answer_is_named(served: StoreProcess, folder: Path) -> None:
    served.freeze()
    try:
        with pytest.raises(StoreLockedError, match=f"held by process {served.pid} .*does not answer"):
            attach(folder, seconds_max=0.5)
    finally:
        served.thaw()


def test_a_folder_that_another_program_opened_is_refused(folder: Path) -> None:
    folder.mkdir()
    script = (
        "import sys, chdb.state.sqlitelike as s; c = s.connect(sys.argv[1]); "
        "print('open', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", script, str(folder / "engine")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"

        with pytest.raises(StoreLockedError, match=f"is open in process {other.pid} "):
            open_store(f"embedded:{folder}")
    finally:
        other.kill()
        other.communicate()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreUnavailableError, match="cannot be used"):
        open_store(f"embedded:{tmp_path / 'file' / 'data'}")


def test_an_engine_that_cannot_start_tells_why(folder: Path) -> None:
    folder.mkdir()
    (folder / "engine").write_text("not a folder")

    with pytest.raises(
        StoreUnavailableError, match=r"did not start \(exit code 1\).*File exists.*store\.log"
    ):
        open_store(f"embedded:{folder}")


def test_nothing_is_left_running_or_open(folder: Path, ask: Ask) -> None:
    """A hundred users in a row cost the store neither threads nor files."""
    keeper = open_store(f"embedded:{folder}?database=default")
    process = psutil.Process(pid_of(folder))

    def use(count: int) -> None:
        for _ in range(count):
            store: Store = open_store(f"embedded:{folder}?database=default")
            ask(store, "SELECT 1 AS one")
            store.close()

    use(20)
    before = (process.num_fds(), process.num_threads())
    use(60)
    after = (process.num_fds(), process.num_threads())

    assert after[0] <= before[0] + 5
    assert after[1] <= before[1] + 5
    keeper.close()


def test_no_query_takes_the_memory_that_others_need(folder: Path, ask: Ask) -> None:
    store = open_store(f"embedded:{folder}")
    migrate(store)
    greedy = "SELECT length(groupArray(toString(number))) FROM numbers(300000000)"
    endless = "SELECT number, toString(number) AS text FROM numbers(300000000)"

    for _ in range(2):
        with pytest.raises(StoreUnavailableError, match="short of memory"):
            ask(store, greedy)
        with pytest.raises(StoreRejectedError, match="Limit for result exceeded"):
            ask(store, endless)

    store.insert("events", events_table([{"offset": index} for index in range(1000)]), token="t")
    assert ask(store, "SELECT count() AS n, sum(offset) AS s FROM events") == [{"n": 1000, "s": 499_500}]
    assert psutil.Process(pid_of(folder)).memory_info().rss < 2.5 * 2**30
    store.close()
