"""How long figures and the weekly report take after ninety days: `python -m tests.bench.ninety_days`.

Fills an embedded store with events as the collector would write them (through the same views, linked by the same
statements, made in the store from numbers), with dead letters that the watcher's own task finds, and with incidents,
deployments and changes of payloads. Then it asks as the Reliability page and `headwater report` do, and prints wall
and CPU seconds, of the store too: on a machine that others use, wall times say little.
"""

import argparse
import json
import os
import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import psutil
import pyarrow as pa

from collector.detect.dead_letters_find import FindDeadLetters
from collector.detect.read_incidents import incident_row
from collector.lineage.link import link_batches
from collector.report.html import html_text
from collector.report.links import Links
from collector.report.period import last_days, last_whole_week
from collector.report.read_habits import read_habits
from collector.report.read_review import read_review
from collector.report.reliability import read_reliability
from collector.report.scorecard import cards
from collector.settings import Objective, load
from collector.storage.api import Store
from collector.storage.migrate import migrate
from collector.storage.open import open_store
from schemas import arrow
from schemas.drift import FieldChange, SchemaChange, change_row
from schemas.incidents import Cause, Incident

RESULTS = Path(__file__).with_name("results")
DAYS = 90
TOPICS, PARTITIONS, SERVICES = 60, 4, 20
EVENTS = 10_000_000
FAILS_ONE_IN = 600
INCIDENTS, DEPLOYMENTS, CHANGES = 260, 400, 40

# Event number n at its place in the ninety days. Runs of ten, woven into each other: what follows an event comes 1,000
# numbers later. One in FAILS_ONE_IN is a dead letter of the event 60 numbers before it, on the topic beside.
FILL = """
INSERT INTO events (topic, partition, offset, time, record_timestamp_ms, timestamp_type, observed_time, key,
    value_size_bytes, header_names, header_values, trace_id, span_id, message_id, source, service, type, schema_id,
    dead_letter, origin, failed_group, exception, exception_message, names,
    reference_names, reference_relations, reference_evidences, batch)
WITH
    {first:UInt64} + number AS n,
    n % {fails:UInt64} = {fails:UInt64} - 1 AS is_dead,
    NOT is_dead AND intDiv(n % 10000, 1000) > 0 AS has_cause,
    n % {topics:UInt64} AS topic_number,
    intDiv(n, {topics:UInt64}) % {partitions:UInt64} AS place,
    concat('shop.topic-', toString(topic_number)) AS name,
    intDiv(n - {topics:UInt64}, {topics:UInt64}) % {partitions:UInt64} AS origin_place,
    concat('event:', name, '/', toString(origin_place), '/', toString(n - {topics:UInt64})) AS origin_name,
    lower(hex(MD5(concat('m', toString(n))))) AS id,
    lower(hex(MD5(concat('m', toString(n - 1000))))) AS cause_id,
    lower(hex(MD5(toString(n)))) AS trace,
    concat('service-', toString((topic_number + 1) % {services:UInt64})) AS reader,
    toDateTime64(({start_ms:UInt64} + n * {gap_us:UInt64} / 1000) / 1000, 3, 'UTC') AS at
SELECT
    concat(name, if(is_dead, '.dlq', '')), place, n, at, toUnixTimestamp64Milli(at), 'create', at + 0.4,
    toString(intDiv(n, 7)), 480,
    ['ce_id', 'ce_source', 'ce_type', 'traceparent'],
    [toString(n), '/checkout', 'OrderPlaced', concat('00-', trace, '-00f067aa0ba902b7-01')],
    trace, lower(hex(cityHash64(n))), id, '/checkout',
    if(is_dead, reader, concat('service-', toString(topic_number % {services:UInt64}))),
    concat('Type', toString(topic_number)), if(topic_number % 3 = 0, '', toString(topic_number)),
    is_dead, if(is_dead, origin_name, ''), if(is_dead, reader, ''),
    if(is_dead, concat('shop.Failure', toString(topic_number % 7)), ''),
    if(is_dead, concat('cannot read record ', toString(n)), ''),
    [concat('id:', id)],
    multiIf(is_dead, [origin_name], has_cause, [concat('id:', cause_id)], []),
    multiIf(is_dead, ['dead_lettered'], has_cause, ['caused'], []),
    multiIf(is_dead, ['provenance'], has_cause, ['header'], []),
    {batch:UInt64}
FROM numbers({rows:UInt64})
"""


def fill(store: Store, events: int, start: datetime, *, batches: int = DAYS // 2) -> None:
    """Write and link `events` events over DAYS, and find the dead letters among them."""
    rows_per_batch = max(1, events // batches)
    gap_us = int(timedelta(days=DAYS).total_seconds() * 1e6 / events)
    for batch, first in enumerate(range(0, events, rows_per_batch), start=1):
        params = {
            "first": first, "rows": min(rows_per_batch, events - first), "batch": batch, "topics": TOPICS,
            "partitions": PARTITIONS, "services": SERVICES, "fails": FAILS_ONE_IN,
            "start_ms": int(start.timestamp() * 1_000), "gap_us": gap_us,
        }  # fmt: skip
        store.command(FILL, params)
        link_batches(store, [batch])
        print(f"\r{first + params['rows']:,} of {events:,} events", end="", flush=True)
    print()
    FindDeadLetters(store, load()).step(start + timedelta(days=DAYS))


def tell(store: Store, events: int, start: datetime) -> None:
    """Write incidents, deployments and changes of payloads."""
    random = Random(90)
    end = start + timedelta(days=DAYS)
    deployed = sorted(start + timedelta(days=DAYS) * random.random() for _ in range(DEPLOYMENTS))
    rows = [
        {"service": f"service-{number % SERVICES}", "version": f"1.{number}", "environment": "", "time": at,
         "source": "webhook", "deployment_id": "", "url": "", "observed_time": at}
        for number, at in enumerate(deployed)
    ]  # fmt: skip
    store.insert("deployments", pa.Table.from_pylist(rows, schema=arrow.DEPLOYMENTS), token="deployments")
    incidents = [_incident(random, number, deployed, start, events) for number in range(INCIDENTS)]
    told = [incident_row(one, 1) for one in incidents]
    store.insert("incidents", pa.Table.from_pylist(told, schema=arrow.INCIDENTS), token="incidents")
    changes = [change_row(_change(number, start), end) for number in range(CHANGES)]
    store.insert(
        "schema_changes", pa.Table.from_pylist(changes, schema=arrow.SCHEMA_CHANGES), token="changes"
    )


def _incident(
    random: Random, number: int, deployed: list[datetime], start: datetime, events: int
) -> Incident:
    which = random.randrange(DEPLOYMENTS)
    begin = deployed[which] + timedelta(seconds=random.uniform(60, 5_000))
    end = begin + timedelta(seconds=random.lognormvariate(7, 1))
    at = int((begin - start) / timedelta(days=DAYS) * events)
    dead = at - at % FAILS_ONE_IN - 1  # a dead letter of about that time
    topic = f"shop.topic-{dead % TOPICS}"
    cause = Cause(
        "deployment",
        deployed[which],
        f"service-{which % SERVICES} 1.{which}",
        0.8,
        f"service-{which % SERVICES}",
    )
    return Incident(
        incident_id=f"inc-{number:016x}", kind="dead_letters", scope=topic, topic=topic,
        service=f"service-{number % SERVICES}", consumer_group="", flow="", team="", severity="page",
        title=f"service-{number % SERVICES} gives up on {topic}", impact_time=begin,
        detected_time=begin + timedelta(seconds=random.uniform(20, 300)),
        acknowledged_time=begin + timedelta(seconds=400) if number % 2 else None, mitigated_time=end,
        resolved_time=end + timedelta(minutes=10), reopened=0, parent_id="", backfilled=number % 9 == 0, bad=50,
        total=900, left_behind=10, causes=(cause,),
        sample_events=(f"{topic}.dlq/{dead // TOPICS % PARTITIONS}/{dead}",), state="resolved",
    )  # fmt: skip


def _change(number: int, start: datetime) -> SchemaChange:
    at = start + timedelta(days=DAYS * (number + 0.5) / CHANGES)
    return SchemaChange(
        topic=f"shop.topic-{number}", type=f"Type{number}", change_id=f"change-{number}", kind="shape",
        service=f"service-{number % SERVICES}", service_version="", first_time=at, first_partition=0, first_offset=1,
        detected_time=at, from_shape=1, to_shape=2, from_schema="", to_schema="", new_shapes=(2,), old_shapes=(1,),
        fields=(FieldChange("total", "type_changed", "number", "string"),), verdict="breaking", verdict_rule="",
        state="complete", new_events=10, old_events=0, new_share=1.0, last_new_time=at, last_old_time=None,
        complete_time=at, reverted_time=None, evidence="",
    )  # fmt: skip


def timed(ask: Callable[[], Any], store_process: psutil.Process) -> tuple[dict[str, float], Any]:
    """Return wall seconds and CPU seconds of both processes, and the answer."""
    before = resource.getrusage(resource.RUSAGE_SELF), store_process.cpu_times(), time.perf_counter()
    answer = ask()
    after = resource.getrusage(resource.RUSAGE_SELF), store_process.cpu_times(), time.perf_counter()
    own = sum(getattr(after[0], name) - getattr(before[0], name) for name in ("ru_utime", "ru_stime"))
    stored = (after[1].user + after[1].system) - (before[1].user + before[1].system)
    said = {"wall_s": after[2] - before[2], "own_cpu_s": own, "store_cpu_s": stored}
    return {name: round(value, 2) for name, value in said.items()}, answer


def measure(store: Store, now: datetime, process: psutil.Process) -> dict[str, Any]:
    """Ask as the page, its scorecard and the report do, each twice."""
    period = last_days(now, DAYS)
    settings = load()
    objectives = [
        Objective(name="all", objective=0.99, window_days=28),
        Objective(name="some", objective=0.999, topic="shop.topic-1.*", window_days=7),
    ]

    def page() -> Any:
        return read_reliability(store, period, now, by="topic", objectives=objectives)

    def scorecard() -> Any:
        habits = read_habits(store, period.start, period.end, now)
        facts = found.facts
        return cards(
            habits, facts.incidents, facts.deployments, period.start, period.end, facts.watched(period)
        )

    def report() -> str:
        review = read_review(store, last_whole_week(now), now, settings)
        return html_text(review, Links(settings.dashboard_url))

    first, found = timed(page, process)
    again, found = timed(page, process)
    result: dict[str, Any] = {"page": first, "page_again": again}
    result["scorecard"], services = timed(scorecard, process)
    result["report"], text = timed(report, process)
    result["report_again"], _ = timed(report, process)
    result["report_bytes"] = len(text.encode())
    result["incidents"] = len(found.everything.now.incidents)
    result["dead_letters"] = found.everything.now.dead_letters
    result["services"] = len(services)
    return result


def main() -> None:
    """Fill, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument(
        "--folder", type=Path, help="keep the store here, and use it again where it is filled"
    )
    parser.add_argument("--save", action="store_true")
    arguments = parser.parse_args()
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="headwater-ninety-"))
    store = open_store(f"embedded:{folder}")
    try:
        migrate(store)
        mark = folder / "filled"
        if not mark.exists():
            now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
            started = time.perf_counter()
            fill(store, arguments.events, now - timedelta(days=DAYS))
            tell(store, arguments.events, now - timedelta(days=DAYS))
            mark.write_text(now.isoformat())
            print(f"filled and linked in {time.perf_counter() - started:.0f} s")
        now = datetime.fromisoformat(mark.read_text())
        process = _serving(folder)
        result = {
            "time": datetime.now(UTC).isoformat(),
            "events": int(str(store.command("SELECT count() FROM events"))),
            "days": DAYS,
            "load": os.getloadavg()[0],
            **measure(store, now, process),
        }
        print(json.dumps(result, indent=1))
        if arguments.save:
            RESULTS.mkdir(exist_ok=True)
            (RESULTS / "ninety_days.json").write_text(json.dumps(result, indent=1) + "\n")
    finally:
        store.close()
        if not arguments.folder:
            shutil.rmtree(folder, ignore_errors=True)


def _serving(folder: Path) -> psutil.Process:
    """Return the process that serves the store in a folder."""
    for one in psutil.process_iter(["cmdline"]):
        line = one.info["cmdline"] or []
        if (
            one.pid != os.getpid()
            and any(str(folder) in part for part in line)
            and any("host" in part for part in line)
        ):
            return one
    raise RuntimeError(f"nobody serves {folder}")


if __name__ == "__main__":
    main()
