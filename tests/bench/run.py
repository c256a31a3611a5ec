"""`make bench`: what collecting costs, beside a bare loop of the client library in the same run.

On Apache Kafka: fill a topic, read and discard it (best of three), then collect it into a fresh embedded store.
"""

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from tests.bench.prefill import prefill
from tests.support.cluster import Cluster
from tests.support.headwater import COMMAND, ROOT, StoreProcess, environment_of
from tests.support.jars import KafkaMissingError
from tests.support.kafka import ApacheKafka

TOPIC = "orders"
PARTITIONS = 4
BARE_RUNS = 3
RATIO_GOAL, RSS_MB_MAX = 0.35, 400
RESULTS = Path(__file__).with_name("results")
_SUMMARY = re.compile(
    r"records in (?P<collecting>[\d.]+) s .*?(?P<writing>[\d.]+) s writing, (?P<linking>[\d.]+) s"
)


@dataclass(frozen=True)
class Collected:
    """One run of the collector. `collecting_seconds` is without its start; the rest is of the whole process."""

    whole_seconds: float
    collecting_seconds: float
    writing_seconds: float
    linking_seconds: float
    cpu_seconds: float
    store_cpu_seconds: float
    rss_peak_mb: float
    store_rss_mb: float
    events: int
    edges: int
    elsewhere_share: float
    """0..1: what other work took of the machine meanwhile. Rates mean little above a few hundredths."""


@dataclass(frozen=True)
class Result:
    """One benchmark run."""

    records: int
    bare_seconds: list[float]
    bare_cpu_seconds: float
    collected: Collected

    @property
    def bare_rate(self) -> float:
        """Records per second that the bare loop reads, at its best."""
        return self.records / min(self.bare_seconds)

    @property
    def rate(self) -> float:
        """Records per second from broker to linked and committed."""
        return self.records / self.collected.collecting_seconds

    @property
    def whole_rate(self) -> float:
        """Records per second over the whole life of the collector's process."""
        return self.records / self.collected.whole_seconds

    @property
    def ratio(self) -> float:
        """The part of the bare loop's rate that the collector reaches."""
        return self.rate / self.bare_rate


def run_bare_loop(bootstrap: str, count: int) -> dict[str, float]:
    """Read and discard in a fresh process."""
    command = [sys.executable, "-m", "tests.bench.bare_loop", bootstrap, topic, str(count)]
    run = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    found: dict[str, float] = json.loads(run.stdout)
    return found


def run_collector(bootstrap: str, folder: Path, count: int, broker_process: psutil.Process) -> Collected:
    """Collect everything into a fresh store that is already running."""
    store = StoreProcess(folder / "store")
    store.start()
    try:
        database = store.create_database("bench")
        store_process = psutil.Process(store.pid)
        store_cpu_before = _cpu_seconds(store_process)
        known = [store_process, broker_process]
        elsewhere_before = _machine_busy_seconds() - sum(map(_cpu_seconds, known))
        log = folder / "collector.log"
        settings = {"bootstrap_servers": bootstrap, "store": database.url, "include_topics": TOPIC}
        started = time.perf_counter()
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*COMMAND, "collect", "--once"],
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env=os.environ | environment_of(settings),
            )
        # wait4 gives what the process used in its whole life, its highest memory included.
        _, status, usage = os.wait4(process.pid, 0)
        whole_seconds = time.perf_counter() - started
        cpu_seconds = usage.ru_utime + usage.ru_stime
        elsewhere = _machine_busy_seconds() - sum(map(_cpu_seconds, known)) - elsewhere_before - cpu_seconds
        assert status == 0, f"the collector failed: {log.read_text()}"
        summary = _SUMMARY.search(log.read_text())
        assert summary is not None, f"the collector's summary cannot be read: {log.read_text()}"
        collected = Collected(
            whole_seconds=whole_seconds,
            collecting_seconds=float(summary["collecting"]),
            writing_seconds=float(summary["writing"]),
            linking_seconds=float(summary["linking"]),
            cpu_seconds=cpu_seconds,
            store_cpu_seconds=_cpu_seconds(store_process) - store_cpu_before,
            rss_peak_mb=usage.ru_maxrss / 1024,
            store_rss_mb=store_process.memory_info().rss / 2**20,
            events=database.count("events"),
            edges=database.count("edges"),
            elsewhere_share=max(0.0, elsewhere / whole_seconds / (os.cpu_count() or 1)),
        )
        assert collected.events == count, f"{collected.events} of {count} records are stored"
        return collected
    finally:
        store.stop()


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _machine_busy_seconds() -> float:
    times = psutil.cpu_times()
    return float(times.user + times.nice + times.system + times.irq + times.softirq)


def _microseconds(seconds: float, records: int) -> str:
    return f"{seconds / records * 1e6:.1f} µs CPU each"


def table(result: Result) -> str:
    """Return the result as a person reads it."""
    found, count = result.collected, result.records
    rows = [
        ("bare loop, best of 3", f"{result.bare_rate:,.0f} records/s", _microseconds(result.bare_cpu_seconds, count)),
        ("collector", f"{result.rate:,.0f} records/s", _microseconds(found.cpu_seconds, count)),
        ("collector / bare loop", f"{result.ratio:.2f}", f"aim: {RATIO_GOAL}"),
        ("collector, with its start", f"{result.whole_rate:,.0f} records/s", f"{found.whole_seconds:.1f} s"),
        ("  of that writing", f"{found.writing_seconds:.1f} s", "beside reading, not added to it"),
        ("  of that linking", f"{found.linking_seconds:.1f} s", "beside reading, not added to it"),
        ("collector's peak memory", f"{found.rss_peak_mb:,.0f} MB", f"limit: {RSS_MB_MAX} MB"),
        ("store", f"{found.store_rss_mb:,.0f} MB", _microseconds(found.store_cpu_seconds, count)),
        ("stored", f"{found.events:,} events", f"{found.edges:,} edges"),
        ("other work on the machine", f"{found.elsewhere_share:.0%}", "rates count only where this is near 0"),
    ]  # fmt: skip
    return "\n".join(f"{name:<27}{value:>22}   {note}" for name, value, note in rows)


def save(result: Result) -> Path:
    """Write the result as JSON, with what it ran on; return where."""
    RESULTS.mkdir(exist_ok=True)
    now = datetime.now(UTC)
    machine = {"cpus": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version()}
    rates = {"bare_rate": result.bare_rate, "rate": result.rate, "ratio": result.ratio}
    file = RESULTS / f"{now:%Y-%m-%dT%H-%M-%S}.json"
    file.write_text(
        json.dumps({"time": now.isoformat(), **machine, **rates, **asdict(result)}, indent=1) + "\n"
    )
    return file


def measure(count: int, folder: Path) -> Result:
    """Start a broker, fill it, and run both readers. Raises KafkaMissingError without Apache Kafka."""
    broker = ApacheKafka(folder / "kafka")
    broker.start()
    try:
        Cluster(broker.bootstrap).create_topic(TOPIC, partitions=PARTITIONS)
        started = time.perf_counter()
        prefill(broker.bootstrap, TOPIC, count, partitions=PARTITIONS)
        print(f"{count:,} records sent in {time.perf_counter() - started:.0f} s, reading them …", flush=True)
        bare = [run_bare_loop(broker.bootstrap, count) for _ in range(BARE_RUNS)]
        best = min(bare, key=lambda run: run["seconds"])
        collected = run_collector(broker.bootstrap, folder, count, psutil.Process(broker.pid))
        return Result(count, [run["seconds"] for run in bare], best["cpu_seconds"], collected)
    finally:
        broker.stop()


def main() -> None:
    """Measure, print, and fail if the collector takes more memory than it may."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=500_000)
    parser.add_argument("--save", action="store_true", help=f"keep the result in {RESULTS.relative_to(ROOT)}")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="headwater-bench-"))
    try:
        result = measure(arguments.records, folder)
    except KafkaMissingError as missing:
        raise SystemExit(str(missing)) from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(table(result))
    if arguments.save:
        print(f"saved as {save(result).relative_to(ROOT)}")
    if result.collected.rss_peak_mb >= RSS_MB_MAX:
        raise SystemExit(
            f"The collector took {result.collected.rss_peak_mb:.0f} MB, it may take {RSS_MB_MAX} MB."
        )


if __name__ == "__main__":
    main()
