"""`headwater demo` as a user runs it: it ends cleanly, quickly, and leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.processes import wait_until

ROOT = Path(__file__).parents[2]
STOP_S_MAX = 3.5


class Demo:
    """A demo in a process of its own, whose temporary files and children can be told from all others."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        self.log = folder / "demo.log"
        environment = {"TMPDIR": str(self.temporary), "PYTHONPATH": str(ROOT), "HOME": str(folder)}
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "collector.cli", "demo", "--no-dashboard", *arguments],
                env={**os.environ, **environment},
                cwd=folder,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def said(self) -> str:
        """Everything that it printed so far."""
        return self.log.read_text()

    def left(self) -> list[str]:
        """The command lines of processes that it started and that still run."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get("TMPDIR") == str(self.temporary) or str(self.temporary) in " ".join(
                    process.cmdline()
                ):
                    found.append(" ".join(process.cmdline()))
            except psutil.Error:
                continue
        return found

    def children(self) -> list[psutil.Process]:
        """Broker, store and collector, as soon as they run."""
        return psutil.Process(self.process.pid).children(recursive=True)


@pytest.fixture
def demos(tmp_path: Path) -> Iterator[list[Demo]]:
    """Demos to be killed at the end of a test that fails."""
    started: list[Demo] = []
    yield started
    for demo in started:
        demo.process.kill()
        demo.process.wait()


def start(demos: list[Demo], folder: Path, *arguments: str) -> Demo:
    demos.append(Demo(folder, *arguments))
    return demos[-1]


def wait_until_it_runs(demo: Demo) -> list[psutil.Process]:
    wait_until(
        lambda: "services" in demo.said() and len(demo.children()) >= 3,
        what=f"the demo runs (log: {demo.log})",
        seconds_max=60,
    )
    return demo.children()


def test_it_ends_by_itself_with_the_collector_caught_up_and_every_explicit_edge_found(
    demos: list[Demo], tmp_path: Path
) -> None:
    data, truth_file = tmp_path / "data", tmp_path / "truth.jsonl"
    demo = start(
        demos, tmp_path, "--seconds", "15", "--rate", "6", "--data", str(data), "--truth", str(truth_file)
    )

    assert demo.process.wait(120) == 0, demo.said()
    assert "the collector has caught up" in demo.said()
    assert demo.left() == []
    truth: dict[str, dict[str | None, str | None]] = defaultdict(dict)
    for line in map(json.loads, truth_file.read_text().splitlines()):
        truth[line["effect"]][line["cause"]] = line["evidence"]
    found = set(edges(data / "store"))
    explicit = {
        (cause, effect) for effect, causes in truth.items() for cause, evidence in causes.items() if evidence
    }
    assert len(explicit) > 200
    assert len(explicit & found) >= 0.999 * len(explicit)
    assert {(cause, effect) for cause, effect in found if cause not in truth[effect]} == set()


def edges(store: Path) -> Iterator[tuple[str, str]]:
    """Cause and effect of every edge, as `headwater edges` exports them."""
    command = [sys.executable, "-m", "collector.cli", "edges", "--format", "jsonl"]
    environment = {"PYTHONPATH": str(ROOT), "HEADWATER_STORE": f"embedded:{store}"}
    exported = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, check=True)
    for line in map(json.loads, exported.stdout.splitlines()):
        yield line["cause"], line["effect"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_everything_quickly_and_leaves_nothing(
    demos: list[Demo], tmp_path: Path, number: signal.Signals
) -> None:
    demo = start(demos, tmp_path)
    children = wait_until_it_runs(demo)
    assert sum("tansu" in child.name() for child in children) == 1
    assert list(demo.temporary.glob("headwater-demo-*"))
    began_s = time.monotonic()

    demo.process.send_signal(number)
    code = demo.process.wait(20)

    assert time.monotonic() - began_s < STOP_S_MAX
    assert code in (0, 130), demo.said()
    assert "Traceback" not in demo.said()
    assert [child for child in children if child.is_running()] == []
    assert list(demo.temporary.glob("headwater-demo-*")) == []
    assert demo.left() == []


def test_children_end_with_a_demo_that_is_killed(demos: list[Demo], tmp_path: Path) -> None:
    demo = start(demos, tmp_path)
    children = wait_until_it_runs(demo)

    demo.process.kill()
    demo.process.wait()

    wait_until(
        lambda: not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children),
        what="all children have ended",
        seconds_max=10,
    )
    wait_until(lambda: demo.left() == [], what="nothing is left", seconds_max=10)


def test_a_folder_with_the_events_of_a_broker_that_is_gone_is_refused(
    demos: list[Demo], tmp_path: Path
) -> None:
    (tmp_path / "data" / "store").mkdir(parents=True)
    demo = start(demos, tmp_path, "--data", str(tmp_path / "data"))

    assert demo.process.wait(60) == 1
    assert "holds the events of an earlier demo" in demo.said()
    assert "Traceback" not in demo.said()


def test_a_broker_that_does_not_answer_is_one_sentence(demos: list[Demo], tmp_path: Path) -> None:
    demo = start(demos, tmp_path, "--bootstrap-servers", "127.0.0.1:1")

    assert demo.process.wait(60) == 1
    assert "No Kafka broker answers at 127.0.0.1:1" in demo.said()
    assert "Traceback" not in demo.said()
