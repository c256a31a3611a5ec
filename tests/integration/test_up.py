"""`headwater up` as a user runs it: everything comes up against a broker, and everything goes."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil

from tests.support.kafka import TansuBroker
from tests.support.processes import end, free_ports, wait_until

ROOT = Path(__file__).parents[2]


def test_up_shows_its_address_when_it_answers_and_ctrl_c_ends_all_of_it(tmp_path: Path) -> None:
    broker = TansuBroker(tmp_path)
    broker.start()
    (port,) = free_ports(1)
    log = tmp_path / "up.log"
    environment = {
        "PYTHONPATH": str(ROOT),
        "HEADWATER_BOOTSTRAP_SERVERS": broker.bootstrap,
        "HEADWATER_STORE": f"embedded:{tmp_path / 'store'}",
        "HEADWATER_DASHBOARD_PORT": str(port),
        "HEADWATER_HTTP_PORT": "0",
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "collector.cli", "up"],
            env={**os.environ, **environment},
            cwd=tmp_path,
            stdout=output,
            stderr=output,
        )
    try:
        wait_until(
            lambda: "dashboard * ready" in log.read_text(),
            what=f"the dashboard is ready ({log})",
            seconds_max=90,
        )
        (url,) = re.findall(r"ready: (http://\S+)", log.read_text())
        with urllib.request.urlopen(url) as answer:
            assert answer.status == 200
        children = psutil.Process(process.pid).children(recursive=True)
        began_s = time.monotonic()

        process.send_signal(signal.SIGINT)

        assert process.wait(20) == 0
        assert time.monotonic() - began_s < 3.5
        assert url == f"http://127.0.0.1:{port}"
        assert [child for child in children if child.is_running()] == []
        assert {path.name for path in (tmp_path / "store" / "logs").iterdir()} == {
            "store.log",
            "collector.log",
            "watcher.log",
            "receiver.log",
            "dashboard.log",
        }
        assert "store | The store answers" in log.read_text()
    finally:
        end(process)
        broker.stop()
