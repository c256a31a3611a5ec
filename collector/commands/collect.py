"""`headwater collect`: read Kafka, write and link events."""

import asyncio
import contextlib
import ctypes
import gc
import os
import resource
import signal
import socket
import sys
from datetime import UTC, datetime
from importlib.abc import MetaPathFinder
from typing import TYPE_CHECKING, Annotated

import typer

from collector import settings as settings_module

if TYPE_CHECKING:
    from collector.pipeline import Progress


# glibc's M_ARENA_MAX, M_MMAP_THRESHOLD and M_TRIM_THRESHOLD: one heap, and columns of whole writes mapped beside it.
# To map smaller ones anew each time costs more in page faults than what is done with them.
_MALLOC_OPTIONS = {-8: 1, -3: 2**20, -1: 2**23}


def collect(
    once: Annotated[
        bool, typer.Option("--once", help="Read to the present end of every topic, link, and exit.")
    ] = False,
    bootstrap_servers: Annotated[str | None, typer.Option(help="Kafka brokers, comma separated.")] = None,
    store: Annotated[
        str | None, typer.Option(help="embedded:DIR or http(s)://user:password@host:8123/database")
    ] = None,
    verbose: Annotated[bool, typer.Option(help="Say more in the log.")] = False,
) -> None:
    """Read all topics into the store. Nothing is ever written to Kafka but this group's own offsets."""
    from collector.telemetry import configure_log

    configure_log(verbose=verbose)
    settings = settings_module.load(bootstrap_servers=bootstrap_servers, store=store)
    asyncio.run(_collect(settings, once=once))


async def _collect(settings: settings_module.Settings, *, once: bool) -> None:
    _do_without_pandas()
    from collector.consume.keep_topics import TopicKeeper
    from collector.consume.list_topics import cluster_id
    from collector.consume.reader import TopicReader
    from collector.decode.shape import ShapeReader
    from collector.pipeline import Pipeline, wall_clock_ms
    from collector.report_status import StatusReporter
    from collector.storage.cluster import claim_cluster
    from collector.storage.migrate import migrate
    from collector.storage.open import open_store
    from collector.watch import run_once, tasks
    from collector.write import BatchWriter

    name = f"{socket.gethostname()}-{os.getpid()}"
    store = await asyncio.to_thread(open_store, settings.store.get_secret_value())
    try:
        await asyncio.to_thread(migrate, store)
        await asyncio.to_thread(claim_cluster, store, await cluster_id(settings), datetime.now(UTC))
        shapes = ShapeReader()
        reader = TopicReader(settings)
        writer = BatchWriter(store, name, shapes.paths)
        topics = TopicKeeper(store, name)
        pipeline = Pipeline(settings, reader, writer, shapes, wall_clock_ms, topics)
        reporter = StatusReporter(store, pipeline, reader, name, wall_clock_ms)
        _stop_on_signals(pipeline.stopping)
        _tune_memory()
        try:
            await reader.start(pipeline.drain)
            reporting = asyncio.create_task(reporter.run())
            await pipeline.run(once=once)
            reporting.cancel()
            await reporter.report()
        finally:
            await asyncio.wait_for(reader.stop(), timeout=10)
        _say(pipeline.progress, wall_clock_ms())
        if once and not pipeline.stopping.is_set():
            await asyncio.to_thread(run_once, store, tasks(store, settings), datetime.now(UTC))
    finally:
        store.close()


def _stop_on_signals(stopping: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)


class _NoPandas(MetaPathFinder):
    def find_spec(self, fullname: str, path: object, target: object = None) -> None:  # noqa: ARG002 - Python's
        """Say that pandas is not installed, and nothing of anything else."""
        if fullname == "pandas":
            raise ModuleNotFoundError("pandas is not used here", name=fullname)


def _do_without_pandas() -> None:
    """Let Arrow and clickhouse-connect believe that pandas is not installed, as they look for it once.

    It is there for the dashboard. Nothing here uses it, and without it a collector takes 50 MB less and starts sooner.
    """
    blocked = _NoPandas()
    sys.meta_path.insert(0, blocked)
    try:
        import pyarrow as pa

        pa.array([0])
    finally:
        sys.meta_path.remove(blocked)


def _tune_memory() -> None:
    """Keep what is freed from staying with the process, and the garbage collector from looking at rows.

    Rows in the making are many small tuples without cycles: looking through them again and again costs.
    """
    import pyarrow as pa

    # One heap instead of one per thread and library: batches move between threads and are freed in others.
    pa.set_memory_pool(pa.system_memory_pool())
    with contextlib.suppress(OSError, AttributeError):  # another C library than glibc
        c_library = ctypes.CDLL(None)
        for option, value in _MALLOC_OPTIONS.items():
            c_library.mallopt(option, value)
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 20, 100)


def _say(progress: "Progress", now_ms: int) -> None:
    """Say what came of it; the time runs from the first record that was read to the last commit.

    CPU and memory are of the whole process up to now, its start included.
    """
    used = resource.getrusage(resource.RUSAGE_SELF)
    elapsed_s = (now_ms - (progress.first_read_ms or now_ms)) / 1e3
    typer.echo(
        f"{progress.records:,} records in {elapsed_s:.1f} s "
        f"({progress.records / max(elapsed_s, 1e-9):,.0f}/s), {progress.batches} writes, "
        f"{progress.write_s:.1f} s writing, {progress.link_s:.1f} s linking, "
        f"{progress.errors:,} not understood in part, "
        f"{used.ru_utime + used.ru_stime:.1f} s of CPU, at most {used.ru_maxrss / 1024:,.0f} MB"
    )
