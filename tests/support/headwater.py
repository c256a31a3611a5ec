"""Headwater as its users run it: processes, settings in the environment, a store read over HTTP."""

import base64
import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any, TypeVar

import psutil

from schemas.records import EventRef
from tests.support.processes import end, spawn, wait_until

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-c", "from collector.cli import main; main()"]
ANSWER_SECONDS_MAX = 60
T = TypeVar("T")


class StoreProcess:
    """`headwater store` on a folder of its own, with one database per test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._access: dict[str, Any] = {}

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        log = self.folder.with_suffix(".log")
        environment = environment_of({"store": f"embedded:{self.folder}"})
        self._process = spawn([*COMMAND, "store"], log=log, env=environment, cwd=self.folder.parent)
        wait_until(self._answers, what=f"the store starts (log: {log})", seconds_max=30)

    def stop(self) -> None:
        """End it in order; a second call changes nothing."""
        if self._process is not None:
            end(self._process)
            self._process = None

    def kill(self) -> None:
        """End it without warning."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        """Let it keep its connections and answer nothing; returns once each of its threads stands still."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        threads = psutil.Process(self._process.pid).threads
        wait_until(
            lambda: all(_stands_still(thread.id) for thread in threads()),
            what="it stands still",
            seconds_max=30,
        )

    def thaw(self) -> None:
        """Let it go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    @property
    def pid(self) -> int:
        """The process id, for measurements."""
        assert self._process is not None
        return self._process.pid

    @property
    def port(self) -> int:
        """The port of 127.0.0.1 that it answers on."""
        return int(self._access["port"])

    def create_database(self, name: str) -> "Database":
        """Create an empty database in it."""
        self.run(f"CREATE DATABASE {name}", database="default")
        return Database(self, name)

    def url(self, database: str, *, port: int | None = None) -> str:
        """Return the value of HEADWATER_STORE that leads to `database`, through a proxy on `port` if given."""
        user, password = self._access["user"], self._access["password"]
        return f"http://{user}:{password}@127.0.0.1:{port or self.port}/{database}"

    def run(self, sql: str, *, database: str) -> list[list[Any]]:
        """Run a statement and return its rows, without any code of Headwater's in between."""
        query = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/?database={database}&default_format=JSONCompactEachRow",
            data=sql.encode(),
        )
        login = f"{self._access['user']}:{self._access['password']}".encode()
        query.add_header("Authorization", f"Basic {base64.b64encode(login).decode()}")
        with urllib.request.urlopen(query, timeout=ANSWER_SECONDS_MAX) as answer:
            return [json.loads(line) for line in answer.read().splitlines()]

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, "the store ended at start"
        try:
            self._access = json.loads((self.folder / "store.json").read_text())
            return self.run("SELECT 1", database="default") == [[1]]
        except (OSError, ValueError, KeyError):
            return False


class Database:
    """One database of a store: what Headwater has written there."""

    def __init__(self, store: StoreProcess, name: str) -> None:
        self.store = store
        self.name = name

    @property
    def url(self) -> str:
        """The value of HEADWATER_STORE that leads here."""
        return self.store.url(self.name)

    def rows(self, sql: str) -> list[list[Any]]:
        """Run a statement here and return its rows."""
        return self.store.run(sql, database=self.name)

    def count(self, table: str) -> int:
        """Count the rows of a table as readers see it; 0 also before the table was made."""
        found = self.rows(
            f"SELECT count() FROM system.tables WHERE database = '{self.name}' AND name = '{table}'"
        )
        return int(self.rows(f"SELECT count() FROM {table} FINAL")[0][0]) if int(found[0][0]) else 0

    def events(self) -> list[EventRef]:
        """Return where the stored records are."""
        return [EventRef(row[0], row[1], int(row[2])) for row in self.rows(_EVENTS)]

    def edges(self, table: str = "edges") -> list[tuple[EventRef, EventRef]]:
        """Return every (cause, effect) in `edges` or `edges_by_cause`."""
        return [
            (EventRef(row[0], row[1], int(row[2])), EventRef(row[3], row[4], int(row[5])))
            for row in self.rows(_EDGES.format(table=table))
        ]


_EVENTS = "SELECT topic, partition, offset FROM events FINAL"
_EDGES = (
    "SELECT cause_topic, cause_partition, cause_offset, effect_topic, effect_partition, effect_offset "
    "FROM {table} FINAL"
)


class Collector:
    """`headwater collect` with its settings. Output goes to `folder/collector.log`."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        self._folder = folder
        self._settings = settings
        self.log = folder / "collector.log"
        self._ended_by_us = False
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *flags: str) -> None:
        """Start it; returns at once."""
        self._ended_by_us = "--once" in flags
        self._folder.mkdir(parents=True, exist_ok=True)
        environment = environment_of(self._settings)
        self._process = spawn([*COMMAND, "collect", *flags], log=self.log, env=environment, cwd=self._folder)

    def run_once(self, *flags: str, seconds_max: float = 120) -> str:
        """Run `collect --once` to its end and return what it printed. Raises AssertionError if it fails."""
        self.start("--once", *flags)
        assert self._process is not None
        try:
            code = self._process.wait(seconds_max)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"--once does not end within {seconds_max} s:\n{self.tail()}") from None
        assert code == 0, f"--once ended with {code}:\n{self.tail()}"
        return self.log.read_text(errors="replace")

    def stop(self) -> int:
        """End it as Ctrl-C does and return its exit code."""
        assert self._process is not None
        self._ended_by_us = True
        return end(self._process, signal_number=signal.SIGINT, seconds_max=30)

    def kill(self) -> None:
        """End it without warning. May be called twice."""
        self._ended_by_us = True
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def assert_running(self) -> None:
        """Raise AssertionError with its last words if it has ended by itself."""
        if self._process is not None and not self._ended_by_us:
            code = self._process.poll()
            assert code is None, f"the collector ended with {code}:\n{self.tail()}"

    def rss_bytes(self) -> int:
        """Return the memory that the process holds now."""
        assert self._process is not None
        return int(psutil.Process(self._process.pid).memory_info().rss)

    def tail(self, characters: int = 3000) -> str:
        """Return the end of what it printed."""
        return self.log.read_text(errors="replace")[-characters:]


def _stands_still(thread: int) -> bool:
    # A stopped process answers for as long as one of its threads has not heard of it.
    return psutil.Process(thread).status() == psutil.STATUS_STOPPED


def environment_of(settings: Mapping[str, str]) -> dict[str, str]:
    """Return the environment that carries `settings` (names as in the README, without HEADWATER_)."""
    return {"PYTHONPATH": str(ROOT)} | {
        f"HEADWATER_{name.upper()}": value for name, value in settings.items()
    }


def assert_same(found: list[T], expected: Set[T], what: str) -> None:
    """Assert that `found` has each of `expected` once and nothing else; names a few of what differs."""
    distinct = set(found)
    assert len(found) == len(distinct), f"{what}: {len(found) - len(distinct)} more than once"
    missing, foreign = expected - distinct, distinct - expected
    assert not missing, f"{what}: {len(missing)} of {len(expected)} missing, such as {list(missing)[:3]}"
    assert not foreign, f"{what}: {len(foreign)} that should not be there, such as {list(foreign)[:3]}"
