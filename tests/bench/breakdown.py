"""Where the collector's time goes, step by step, in microseconds of CPU a record. Run by tests.bench.run.

Reads topics with the collector's own reader, and then does with the batches what the pipeline does, one step after the
other instead of side by side, so that each can be told from the others. Prints JSON.

    python -m tests.bench.breakdown BOOTSTRAP STORE-URL STORE-PID RECORDS
"""

import asyncio
import json
import re
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pyarrow as pa
from aiokafka import TopicPartition

from collector.batch import Batch
from collector.commands.collect import _do_without_pandas, _tune_memory
from collector.consume.reader import TopicReader
from collector.decode import read_batches, read_records, tabulate
from collector.decode.conventions import CONVENTIONS
from collector.decode.plan import Planner
from collector.decode.raw_batches import RawBatch
from collector.decode.read_records import Limits, RecordColumns
from collector.decode.shape import ShapeReader
from collector.pipeline import wall_clock_ms
from collector.settings import Settings
from collector.settings import load as load_settings
from collector.storage.encode import SendBuffer
from collector.storage.migrate import migrate
from collector.storage.open import open_store
from collector.write import BatchWriter
from tests.bench.mix import PREFIX

_MERGE_SECONDS_MAX = 30.0
_IDLE_SHARE = 0.05

Piled = list[tuple[TopicPartition, RawBatch]]


class Steps:
    """Seconds of CPU by step; of steps inside others, only the inner one counts."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._inside: list[float] = []

    def timed(self, step: str, do: Callable[..., Any]) -> Callable[..., Any]:
        """Return `do`, adding what it takes in this thread to `step`."""

        def run(*given: Any, **named: Any) -> Any:
            self._inside.append(0.0)
            started = time.thread_time()
            try:
                return do(*given, **named)
            finally:
                took = time.thread_time() - started
                self.seconds[step] += took - self._inside.pop()
                if self._inside:
                    self._inside[-1] += took

        return run

    def watch(self) -> None:
        """Let the collector's own functions be timed from now on."""
        chunk, columns = read_batches._Chunk, read_records.RecordColumns
        steps: list[tuple[str, Any, str]] = [
            ("unpack", read_batches, "open_batch"),
            ("headers", read_batches, "locate"),
            ("headers", read_batches, "find_sequences"),
            ("headers", chunk, "_bounds"),
            ("headers", tabulate, "read_headers"),
            ("shape", chunk, "_payloads"),
            ("one by one", columns, "add"),
            ("columns", columns, "table"),
        ]
        for step, owner, name in steps:
            timed = self.timed(step, getattr(owner, name))
            setattr(owner, name, staticmethod(timed) if name == "_bounds" else timed)


def load(**given: str) -> Settings:
    """Return the settings of a collector of nothing but the mix."""
    return load_settings(include_topics=re.escape(PREFIX) + ".*", group_id="bench-steps", **given)


async def fetch(bootstrap: str, count: int) -> tuple[Piled, float]:
    """Read `count` records as the collector does; return the batches and the seconds of CPU that it took."""
    reader = TopicReader(load(bootstrap_servers=bootstrap))

    async def nothing() -> None: ...

    piled: Piled = []
    started = time.process_time()
    await reader.start(nothing)
    try:
        seen = 0
        while seen < count:
            for place, items in (await reader.read(200, 500)).items():
                piled.extend((place, item) for item in items)
                seen += sum(item.count for item in items)
        return piled, time.process_time() - started
    finally:
        await reader.stop()


def portions(piled: Piled, rows_max: int) -> Iterator[Piled]:
    """Yield what one write would hold, time and again."""
    portion: Piled = []
    rows = 0
    for place, batch in piled:
        portion.append((place, batch))
        rows += batch.count
        if rows >= rows_max:
            yield portion
            portion, rows = [], 0
    if portion:
        yield portion


def decode(piled: Piled, shapes: ShapeReader | None, settings: Settings) -> Iterator[pa.Table]:
    """Yield the tables that the pipeline would write."""
    planner = Planner(re.compile(settings.redact_headers), CONVENTIONS)
    limits = Limits(settings.headers_max, settings.header_value_bytes_max)
    for number, portion in enumerate(portions(piled, settings.batch_rows_max), start=1):
        columns = RecordColumns(planner, shapes, limits, settings.producer_of)
        for place, batch in portion:
            columns.add_batch(place.topic, place.partition, batch, wall_clock_ms())
        yield columns.table(number)


def run(bootstrap: str, store_url: str, store_pid: int, count: int) -> dict[str, float]:
    """Return microseconds of CPU a record, by step. `store: …` is the store's own, the rest the collector's."""
    _do_without_pandas()
    _tune_memory()
    settings = load()
    steps, engine = Steps(), psutil.Process(store_pid)

    def of_store(step: str, do: Callable[[], Any]) -> None:
        before = sum(engine.cpu_times()[:2])
        do()
        steps.seconds[f"store: {step}"] += sum(engine.cpu_times()[:2]) - before

    piled, steps.seconds["fetch"] = asyncio.run(fetch(bootstrap, count))
    shapes = ShapeReader()
    store = open_store(store_url)
    writer = BatchWriter(store, "bench", shapes.paths)
    try:
        migrate(store)
        next(
            decode(piled, ShapeReader(), settings)
        )  # what is imported with the first use belongs to the start
        steps.watch()
        buffer = SendBuffer()
        for number, table in enumerate(decode(piled, shapes, settings), start=1):
            steps.timed("encode", buffer.encode)(table)
            of_store("insert", lambda: writer.write(Batch(number, table, []), wall_clock_ms()))  # noqa: B023 - done at once
            of_store("link", lambda: writer.link([number]))  # noqa: B023 - done at once
        of_store("merges afterwards", lambda: _until_idle(engine))
    finally:
        store.close()
    return {step: round(seconds / count * 1e6, 2) for step, seconds in steps.seconds.items()}


def _until_idle(engine: psutil.Process) -> None:
    engine.cpu_percent()
    for _ in range(int(_MERGE_SECONDS_MAX)):
        time.sleep(1)
        if engine.cpu_percent() < 100 * _IDLE_SHARE:
            return


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))))
