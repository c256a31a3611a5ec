"""How long a cascade takes to come back from a store with many events: `python -m tests.bench.scale_cascades`.

Fills an embedded store with events as the collector would write them (through the same views, linked by the same
statements), most in cascades of ten and some in cascades of a thousand or more, and then asks for the large ones as the
pages and the command line do. The parts of a cascade lie scattered over all topics, as they do in real life.
"""

import argparse
import json
import os
import shutil
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import psutil

from collector.lineage.cascade import read_cascade
from collector.lineage.link import link_batches
from collector.storage.api import Store
from collector.storage.folder import read_state
from collector.storage.migrate import migrate
from collector.storage.open import open_store
from schemas.records import EventRef

RESULTS = Path(__file__).with_name("results")
TOPICS, PARTITIONS = 60, 4
SMALL = 10
FAN_OUT = 3
START_MS = 1_790_000_000_000
GAP_MS = 40  # between one event and the next, anywhere

# Event number n. Small cascades are runs of ten numbers, woven into each other: what follows an event comes 1,000
# numbers later. In [base, base + size) of a large one, event i is caused by event (i - 1) / FAN_OUT.
FILL = """
INSERT INTO events (topic, partition, offset, time, record_timestamp_ms, timestamp_type, observed_time, key,
    value_size_bytes, header_names, header_values, trace_id, span_id, message_id, service, type, names,
    reference_names, reference_relations, reference_evidences, batch)
WITH
    {first:UInt64} + number AS n,
    {large_size:UInt64} AS large_size,
    {large_first:UInt64} AS large_first,
    {large_count:UInt64} * large_size AS large_events,
    n >= large_first AND n < large_first + large_events AS is_large,
    (n - large_first) % large_size AS place,
    -- 10,000 numbers hold 1,000 small cascades: place in the cascade by the thousand.
    if(is_large, place > 0, intDiv(n % 10000, 1000) > 0) AS has_cause,
    if(is_large, n - place + intDiv(place - 1, {fan_out:UInt64}), n - 1000) AS cause,
    toDateTime64((toUInt64({start_ms:UInt64}) + n * {gap_ms:UInt64}) / 1000, 3, 'UTC') AS at,
    cityHash64(n) AS lot
SELECT
    concat('shop.topic-', toString(lot % {topics:UInt64})) AS topic,
    intDiv(lot, 1000) % {partitions:UInt64} AS partition,
    n AS offset,
    at, {start_ms:UInt64} + n * {gap_ms:UInt64}, 'create', at, toString(intDiv(n, 7)), 480,
    ['ce_id', 'ce_source', 'ce_type', 'traceparent'],
    [toString(n), '/checkout', 'OrderPlaced', concat('00-', lower(hex(MD5(toString(n)))), '-00f067aa0ba902b7-01')],
    lower(hex(MD5(toString(n)))), lower(hex(lot)), lower(hex(MD5(concat('m', toString(n))))),
    concat('service-', toString(lot % {topics:UInt64})), concat('Type', toString(lot % {topics:UInt64})),
    [concat('id:', lower(hex(MD5(concat('m', toString(n))))))],
    if(has_cause, [concat('id:', lower(hex(MD5(concat('m', toString(cause))))))], []),
    if(has_cause, ['caused'], []), if(has_cause, ['header'], []),
    {batch:UInt64}
FROM numbers({rows:UInt64})
"""


def fill(store: Store, events: int, large_count: int, large_size: int, rows_per_batch: int) -> None:
    """Write and link `events` events."""
    large_first = events // 2
    for batch, first in enumerate(range(0, events, rows_per_batch), start=1):
        params = {
            "first": first,
            "rows": min(rows_per_batch, events - first),
            "batch": batch,
            "large_first": large_first,
            "large_count": large_count,
            "large_size": large_size,
            "fan_out": FAN_OUT,
            "topics": TOPICS,
            "partitions": PARTITIONS,
            "start_ms": START_MS,
            "gap_ms": GAP_MS,
        }
        store.command(FILL, params)
        link_batches(store, [batch])
        print(f"\r{first + params['rows']:,} of {events:,} events", end="", flush=True)
    print()


def place_of(store: Store, number: int) -> EventRef:
    """Return where event `number` is."""
    row = store.command(
        "SELECT concat('shop.topic-', toString(cityHash64({n:UInt64}) % {topics:UInt64})), "
        "toString(intDiv(cityHash64({n:UInt64}), 1000) % {partitions:UInt64})",
        {"n": number, "topics": TOPICS, "partitions": PARTITIONS},
    )
    assert isinstance(row, list | tuple)
    return EventRef(str(row[0]), int(row[1]), number)


class Asked(NamedTuple):
    """Milliseconds that one cascade took: by the clock, and of CPU here and in the store."""

    wall_ms: float
    own_cpu_ms: float
    store_cpu_ms: float


def ask(store: Store, engine: psutil.Process, events: int, large_count: int, large_size: int) -> list[Asked]:
    """Return what each large cascade took, asked for by an event in its middle."""
    took = []
    for number in range(large_count):
        ref = place_of(store, events // 2 + number * large_size + large_size // 2)
        started = (time.perf_counter(), time.process_time(), sum(engine.cpu_times()[:2]))
        found = read_cascade(store, [ref], events_max=2 * large_size)
        ended = (time.perf_counter(), time.process_time(), sum(engine.cpu_times()[:2]))
        took.append(Asked(*((after - before) * 1e3 for before, after in zip(started, ended, strict=True))))
        assert len(found.events) == large_size, f"{len(found.events)} of {large_size} events came back"
    return took


def _summary(asked: list[Asked]) -> dict[str, float]:
    walls = [each.wall_ms for each in asked]
    return {
        "median_ms": round(statistics.median(walls), 1),
        "fastest_ms": round(min(walls), 1),
        "slowest_ms": round(max(walls), 1),
        "own_cpu_ms": round(statistics.mean(each.own_cpu_ms for each in asked), 1),
        "store_cpu_ms": round(statistics.mean(each.store_cpu_ms for each in asked), 1),
    }


def main() -> None:
    """Fill, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20_000_000)
    parser.add_argument("--large-count", type=int, default=30)
    parser.add_argument("--large-size", type=int, default=1_000)
    parser.add_argument(
        "--folder", type=Path, help="keep the store here, and use it again where it is filled"
    )
    parser.add_argument("--save", action="store_true")
    arguments = parser.parse_args()
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="headwater-scale-"))
    store = open_store(f"embedded:{folder}")
    try:
        migrate(store)
        shape = (arguments.events, arguments.large_count, arguments.large_size)
        if not int(str(store.command("SELECT count() FROM events"))):
            started = time.perf_counter()
            fill(store, *shape, rows_per_batch=250_000)
            print(f"filled and linked in {time.perf_counter() - started:.0f} s")
        state = read_state(folder)
        assert state is not None
        engine = psutil.Process(state.pid)
        ask(
            store, engine, *shape[:1], 1, *shape[2:]
        )  # what is loaded with the first use belongs to the start
        cold = ask(store, engine, *shape)
        warm = ask(store, engine, *shape)
        parts = store.command(
            "SELECT count() FROM system.parts WHERE active AND database = currentDatabase()"
        )
        result = {
            "time": datetime.now(UTC).isoformat(),
            "events": int(str(store.command("SELECT count() FROM events"))),
            "cascade_events": arguments.large_size,
            "parts": int(str(parts)),
            "first": _summary(cold),
            "again": _summary(warm),
            "load": round(os.getloadavg()[0], 1),
        }
        print(json.dumps(result, indent=1))
        if arguments.save:
            RESULTS.mkdir(exist_ok=True)
            (RESULTS / f"scale_cascades-{arguments.large_size}.json").write_text(
                json.dumps(result, indent=1) + "\n"
            )
    finally:
        store.close()
        if not arguments.folder:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
