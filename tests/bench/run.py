"""`make bench`: what collecting costs, beside a bare loop of the client library in the same run.

On Apache Kafka: fill a topic, read and discard it (best of three), then collect it into fresh embedded stores: with one
collector, without shapes, with two collectors. Last, seven kinds of producers, step by step (tests.bench.breakdown).
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
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import psutil

from tests.bench.mix import fill_mix
from tests.bench.prefill import prefill
from tests.support.cluster import Cluster
from tests.support.headwater import COMMAND, ROOT, StoreProcess, environment_of
from tests.support.jars import KafkaMissingError
from tests.support.kafka import ApacheKafka

TOPIC = "orders"
PARTITIONS = 4
BARE_RUNS = 3
RSS_MB_MAX = 400
COLLECT_SECONDS_MAX = 600
Found = TypeVar("Found")
RESULTS = Path(__file__).with_name("results")
_SUMMARY = re.compile(
    r"records in (?P<collecting>[\d.]+) s .*?(?P<writing>[\d.]+) s writing, (?P<linking>[\d.]+) s linking.*?"
    r"(?P<cpu>[\d.]+) s of CPU, at most (?P<rss>[\d,]+) MB"
)


@dataclass(frozen=True)
class Collected:
    """One run of one or more collectors, of all together. `collecting_seconds` is without their start."""

    collectors: int
    shapes: bool
    whole_seconds: float
    collecting_seconds: float
    writing_seconds: float
    linking_seconds: float
    cpu_seconds: float
    store_cpu_seconds: float
    broker_cpu_seconds: float
    rss_peak_mb: float
    """Of the collector that took most."""
    store_rss_mb: float
    events: int
    edges: int
    elsewhere_share: float
    """0..1: what other work took of the machine meanwhile. Rates mean little above a few hundredths."""

    @property
    def rate(self) -> float:
        """Records per second from broker to linked and committed."""
        return self.events / self.collecting_seconds

    @property
    def linking_share(self) -> float:
        """The part of the time in which something was being linked, beside reading and writing."""
        return self.linking_seconds / self.collecting_seconds / self.collectors


@dataclass(frozen=True)
class Bare:
    """The client library alone. `cpu_seconds` belongs to the best run."""

    records: int
    seconds: list[float]
    cpu_seconds: float

    @property
    def rate(self) -> float:
        """Records per second, at its best."""
        return self.records / min(self.seconds)


@dataclass(frozen=True)
class Result:
    """One benchmark run."""

    bare: Bare
    collected: list[Collected]
    mix_bare: Bare
    mix_steps: dict[str, float]
    """Microseconds of CPU a record."""


def run_bare_loop(bootstrap: str, topics: Sequence[str], count: int, runs: int) -> Bare:
    """Read and discard in fresh processes."""
    command = [sys.executable, "-m", "tests.bench.bare_loop", bootstrap, ",".join(topics), str(count)]
    found = [
        json.loads(subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout)
        for _ in range(runs)
    ]
    best = min(found, key=lambda run: run["seconds"])
    return Bare(count, [run["seconds"] for run in found], best["cpu_seconds"])


def run_collectors(
    bootstrap: str,
    folder: Path,
    count: int,
    broker: psutil.Process,
    *,
    collectors: int = 1,
    shapes: bool = True,
) -> Collected:
    """Collect everything into a fresh store that is already running, each run as a group of its own."""
    store = StoreProcess(folder / f"store-{collectors}-{shapes}")
    store.start()
    processes: list[subprocess.Popen[bytes]] = []
    try:
        database = store.create_database("bench")
        engine = psutil.Process(store.pid)
        settings = {
            "bootstrap_servers": bootstrap, "store": database.url, "include_topics": TOPIC,
            "shapes": str(shapes), "group_id": f"bench-{collectors}-{shapes}",
        }  # fmt: skip
        logs = [folder / f"{store.folder.name}-collector-{number}.log" for number in range(collectors)]
        before = _Used.now(engine, broker)
        for log in logs:
            with log.open("wb") as output:
                processes.append(
                    subprocess.Popen(
                        [*COMMAND, "collect", "--once"], stdout=output, stderr=subprocess.STDOUT, cwd=folder,
                        # Compiled modules are kept, as they are for users, whatever is set here.
                        env=os.environ | environment_of(settings) | {"PYTHONDONTWRITEBYTECODE": ""},
                    )
                )  # fmt: skip
        # Up to what they say of themselves: what comes after it is the watcher's work.
        said = [_summary(log, process) for log, process in zip(logs, processes, strict=True)]
        used = _Used.now(engine, broker).since(before)
        cpu_seconds = sum(float(each["cpu"]) for each in said)
        collected = Collected(
            collectors=collectors,
            shapes=shapes,
            whole_seconds=used.seconds,
            collecting_seconds=max(float(each["collecting"]) for each in said),
            writing_seconds=sum(float(each["writing"]) for each in said),
            linking_seconds=sum(float(each["linking"]) for each in said),
            cpu_seconds=cpu_seconds,
            store_cpu_seconds=used.store,
            broker_cpu_seconds=used.broker,
            rss_peak_mb=max(float(each["rss"].replace(",", "")) for each in said),
            store_rss_mb=engine.memory_info().rss / 2**20,
            events=database.count("events"),
            edges=database.count("edges"),
            elsewhere_share=max(0.0, used.machine - used.store - used.broker - cpu_seconds)
            / used.seconds
            / (os.cpu_count() or 1),
        )
        assert collected.events == count, f"{collected.events} of {count} records are stored"
        return collected
    finally:
        for process in processes:
            process.terminate()
            process.wait()
        store.stop()


def _summary(log: Path, process: "subprocess.Popen[bytes]") -> Mapping[str, str]:
    """Wait for the line that a collector ends with."""
    until = time.monotonic() + COLLECT_SECONDS_MAX
    while time.monotonic() < until:
        ended = process.poll() is not None
        if found := _SUMMARY.search(log.read_text()):
            return found.groupdict()
        assert not ended, f"a collector ended early: {log.read_text()}"
        time.sleep(0.02)
    raise AssertionError(f"a collector does not come to an end: {log.read_text()}")


@dataclass(frozen=True)
class _Used:
    """Seconds: of the clock, and of CPU."""

    seconds: float
    store: float
    broker: float
    machine: float

    @classmethod
    def now(cls, store: psutil.Process, broker: psutil.Process) -> "_Used":
        times = psutil.cpu_times()
        busy = float(times.user + times.nice + times.system + times.irq + times.softirq)
        return cls(time.perf_counter(), sum(store.cpu_times()[:2]), sum(broker.cpu_times()[:2]), busy)

    def since(self, before: "_Used") -> "_Used":
        return _Used(
            self.seconds - before.seconds,
            self.store - before.store,
            self.broker - before.broker,
            self.machine - before.machine,
        )


def run_steps(bootstrap: str, folder: Path, count: int) -> dict[str, float]:
    """Return microseconds of CPU a record for each step of collecting the mix of producers."""
    store = StoreProcess(folder / "store-steps")
    store.start()
    try:
        database = store.create_database("bench")
        command = [
            sys.executable,
            "-m",
            "tests.bench.breakdown",
            bootstrap,
            database.url,
            str(store.pid),
            str(count),
        ]
        run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
        assert run.returncode == 0, run.stderr
        found: dict[str, float] = json.loads(run.stdout)
        return found
    finally:
        store.stop()


def table(result: Result) -> str:
    """Return the result as a person reads it."""
    bare = result.bare
    rows = [("bare loop, best of 3", f"{bare.rate:,.0f} records/s", _each(bare.cpu_seconds, bare.records))]
    for found in result.collected:
        name = "collector" if found.collectors == 1 else f"{found.collectors} collectors"
        name += "" if found.shapes else ", no shapes"
        bare_each = bare.cpu_seconds / bare.records
        own, whole = found.cpu_seconds / found.events, found.whole_seconds
        aim = {(1, True): "aim: 0.50", (1, False): "aim: 0.65"}.get((found.collectors, found.shapes), "")
        rows += [
            (name, f"{found.rate:,.0f} records/s", _each(found.cpu_seconds, found.events)),
            ("  / bare loop", f"{found.rate / bare.rate:.2f}", aim),
            ("  / bare loop, by its own CPU", f"{bare_each / own:.2f}", "as if the rest ran elsewhere"),
            ("  with its start", f"{found.events / whole:,.0f} records/s", f"{whole:.1f} s"),
            ("  something is linked for", f"{found.linking_share:.0%}", "of the time, beside reading and writing"),
            ("  peak memory", f"{found.rss_peak_mb:,.0f} MB", f"limit: {RSS_MB_MAX} MB"),
            ("  store", f"{found.store_rss_mb:,.0f} MB", _each(found.store_cpu_seconds, found.events)),
            ("  broker", "", _each(found.broker_cpu_seconds, found.events)),
            ("  stored", f"{found.events:,} events", f"{found.edges:,} edges"),
            ("  other work on the machine", f"{found.elsewhere_share:.0%}", "rates count only where this is near 0"),
        ]  # fmt: skip
    if len({found.collectors for found in result.collected}) > 1:
        one, two = (
            next(each for each in result.collected if each.shapes and each.collectors == n) for n in (1, 2)
        )
        busy = (two.cpu_seconds + two.store_cpu_seconds + two.broker_cpu_seconds) / two.collecting_seconds
        rows.append(
            ("two collectors / one", f"{two.rate / one.rate:.2f}",
             f"aim: 1.7 on free cores; here {busy:.1f} of {os.cpu_count()} cores were busy")
        )  # fmt: skip
    each = result.mix_bare.cpu_seconds / result.mix_bare.records * 1e6
    rows.append(
        ("mix of producers, bare loop", f"{each:.1f} µs of CPU", "a record, and as a ratio to the bare loop")
    )
    rows += [(f"  {step}", f"{us:.1f} µs", f"{us / each:.2f}") for step, us in result.mix_steps.items()]
    return "\n".join(f"{name:<31}{value:>22}   {note}" for name, value, note in rows)


def _each(seconds: float, records: int) -> str:
    return f"{seconds / records * 1e6:.1f} µs CPU each"


def save(result: Result) -> Path:
    """Write the result as JSON, with what it ran on; return where."""
    RESULTS.mkdir(exist_ok=True)
    now = datetime.now(UTC)
    machine = {"cpus": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version()}
    rates = {
        "bare_rate": result.bare.rate,
        "ratios": [found.rate / result.bare.rate for found in result.collected],
    }
    file = RESULTS / f"{now:%Y-%m-%dT%H-%M-%S}.json"
    file.write_text(
        json.dumps({"time": now.isoformat(), **machine, **rates, **asdict(result)}, indent=1) + "\n"
    )
    return file


def measure(count: int, folder: Path) -> Result:
    """Start a broker, fill it, and run all readers. Raises KafkaMissingError without Apache Kafka."""
    broker = ApacheKafka(folder / "kafka")
    broker.start()
    try:
        Cluster(broker.bootstrap).create_topic(TOPIC, partitions=PARTITIONS)
        _told(
            f"sending {count:,} records",
            lambda: prefill(broker.bootstrap, TOPIC, count, partitions=PARTITIONS),
        )
        bare = _told("reading them bare", lambda: run_bare_loop(broker.bootstrap, [TOPIC], count, BARE_RUNS))
        process = psutil.Process(broker.pid)
        collected = [
            _told(
                f"collecting, {number} at once, shapes {'on' if shapes else 'off'}",
                lambda: run_collectors(broker.bootstrap, folder, count, process, collectors=number, shapes=shapes),  # noqa: B023 - done at once
            )
            for number, shapes in ((1, True), (1, False), (2, True))
        ]  # fmt: skip
        topics = _told("sending a mix", lambda: fill_mix(broker.bootstrap, count // 2))
        mixed = count // 2 // len(topics) * len(topics)
        mix_bare = _told("reading it bare", lambda: run_bare_loop(broker.bootstrap, topics, mixed, BARE_RUNS))
        steps = _told("collecting it step by step", lambda: run_steps(broker.bootstrap, folder, mixed))
        return Result(bare, collected, mix_bare, steps)
    finally:
        broker.stop()


def _told(what: str, do: Callable[[], Found]) -> Found:
    started = time.perf_counter()
    found = do()
    print(f"{what}: {time.perf_counter() - started:.0f} s", flush=True)
    return found


def main() -> None:
    """Measure, print, and fail if a collector takes more memory than it may."""
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
    most = max(found.rss_peak_mb for found in result.collected)
    if most >= RSS_MB_MAX:
        raise SystemExit(f"A collector took {most:.0f} MB, it may take {RSS_MB_MAX} MB.")


if __name__ == "__main__":
    main()
