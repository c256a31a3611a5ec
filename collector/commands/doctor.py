"""`headwater doctor`: is everything in place, and what would Headwater understand of a topic?"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from collector import settings as settings_module
from collector.commands.show import console, plain
from collector.errors import HeadwaterError

if TYPE_CHECKING:
    import pyarrow as pa

    from collector.decode.conventions import Convention
    from collector.settings import Settings

_FRESH_S_MAX = 30


def doctor(
    sample: Annotated[
        str | None, typer.Option(metavar="TOPIC", help="Read a few records of it and say what is understood.")
    ] = None,
    records: Annotated[int, typer.Option(min=1, max=100_000, help="Records to sample.")] = 200,
    bootstrap_servers: Annotated[str | None, typer.Option(help="Kafka brokers, comma separated.")] = None,
    store: Annotated[
        str | None, typer.Option(help="embedded:DIR or http(s)://user:password@host/database")
    ] = None,
) -> None:
    """Check brokers, store and collectors, and say what to do about what is wrong."""
    settings = settings_module.load(bootstrap_servers=bootstrap_servers, store=store)
    if sample is not None:
        _print_sample(settings, sample, records)
        return
    checks = [_check("Kafka", lambda: _kafka(settings)), _check("Store", lambda: _store(settings))]
    if not all(checks):
        raise typer.Exit(1)


def _check(name: str, check: Callable[[], list[str]]) -> bool:
    out = console()
    try:
        findings = check()
    except HeadwaterError as error:
        out.print(f"✗ {name}: {plain(error)}", style="red", soft_wrap=True)
        return False
    out.print(f"✓ {name}: {findings[0]}", style="green", soft_wrap=True)
    for finding in findings[1:]:
        out.print(f"  {finding}", soft_wrap=True)
    return True


def _kafka(settings: "Settings") -> list[str]:
    from collector.consume.sample import partition_topics

    read, left_out = asyncio.run(partition_topics(settings))
    findings = [f"{plain(settings.bootstrap_servers)} answers; {len(read)} topics are read"]
    if left_out:
        shown = ", ".join(map(plain, left_out[:5])) + (" …" if len(left_out) > 5 else "")
        findings.append(f"{len(left_out)} are left out by include_topics and exclude_topics: {shown}")
    if not read:
        findings.append("Nothing to read: no topic matches include_topics, or there is none yet.")
    return findings


def _store(settings: "Settings") -> list[str]:
    from collector.storage.migrate import plan
    from collector.storage.open import open_store

    store = open_store(settings.store.get_secret_value())
    try:
        pending = plan(store)
        if pending:
            return [
                f"answers; {len(pending)} migrations are not applied yet",
                "`headwater migrate` applies them; so does any start of a collector.",
            ]
        (counts,) = store.query("doctor_counts")
        findings = [f"answers; {counts['events']:,} events, {counts['edges']:,} edges"]
        findings.append(_collector_finding(counts["collector_seen"]))
        return findings
    finally:
        store.close()


def _collector_finding(seen: datetime | None) -> str:
    if seen is None:
        return "No collector has written to it yet: start one with `headwater up` or `headwater collect`."
    age_s = (datetime.now(UTC) - seen).total_seconds()
    if age_s <= _FRESH_S_MAX:
        return f"A collector is at work; it reported {age_s:.0f} s ago."
    return f"No collector is at work: the last report is from {seen:%Y-%m-%d %H:%M:%S} UTC."


def _print_sample(settings: "Settings", topic: str, count: int) -> None:
    from collector.consume.sample import sample_records
    from collector.decode.conventions.yours import with_yours

    sampled = asyncio.run(sample_records(settings, topic, count))
    out = console()
    if not sampled:
        out.print(f"{plain(topic)} holds no records now: nothing can be said about it.")
        return
    events = _decoded(settings, topic, sampled)
    out.print(f"{events.num_rows} of the newest records of {plain(topic)}", style="bold")
    for line in linkability_lines(events):
        out.print(plain(line), soft_wrap=True)
    out.print("Headers", style="bold")
    for line in header_lines(events, with_yours(settings.headers)):
        out.print(plain(line), soft_wrap=True)


def _decoded(settings: "Settings", topic: str, sampled: list[tuple[int, Any]]) -> "pa.Table":
    import re

    from collector.decode.conventions.yours import with_yours
    from collector.decode.plan import Planner
    from collector.decode.read_records import Limits, RecordColumns
    from collector.decode.shape import ShapeReader
    from collector.pipeline import wall_clock_ms

    limits = Limits(settings.headers_max, settings.header_value_bytes_max)
    planner = Planner(re.compile(settings.redact_headers), with_yours(settings.headers))
    columns = RecordColumns(planner, ShapeReader(), limits, settings.producer_of)
    for partition, record in sampled:
        columns.add(topic, partition, [record], wall_clock_ms())
    return columns.table(1)


def linkability_lines(events: "pa.Table") -> list[str]:
    """Return sentences on what this sample (columns of schemas.arrow.EVENTS) lets Headwater do."""
    rows = events.select(
        ["names", "reference_names", "service", "type", "trace_id", "shape_id", "errors"]
    ).to_pylist()

    def share(of: Callable[[dict[str, Any]], object]) -> str:
        return f"{sum(bool(of(row)) for row in rows) / len(rows):>4.0%}"

    lines = [
        f"{share(lambda row: row['reference_names'])}  name their cause",
        f"{share(lambda row: any(name.startswith('id') for name in row['names']))}  carry an id that effects can name",
        f"{share(lambda row: row['trace_id'])}  carry a trace context",
        f"{share(lambda row: row['service'])}  have a known producer",
        f"{share(lambda row: row['type'])}  have a known event type",
        f"{share(lambda row: row['shape_id'])}  have a JSON payload",
    ]
    errors = Counter(error for row in rows for error in row["errors"])
    lines += [f"{count / len(rows):>4.0%}  {error}" for error, count in errors.most_common()]
    if not any(row["reference_names"] for row in rows):
        lines.append(
            "What it costs: if other events caused these, that can only be guessed. A header `causation-id` with the "
            "id of the event that was being handled, beside a `message-id` on every event, makes them exact."
        )
    if not any(row["service"] for row in rows):
        lines.append(
            "Who writes this topic is not on the wire. Say it in headwater.toml: "
            '[producers] "<topic>" = "<service>".'
        )
    return lines


def header_lines(events: "pa.Table", conventions: "Sequence[Convention]") -> list[str]:
    """Return a line per header key of the sample: how often, and what is understood by it on these records.

    What is not understood comes last, with what could be done about it.
    """
    sequences = Counter(
        tuple(key.decode("utf-8", "surrogateescape") for key in keys)
        for keys in events["header_names"].to_pylist()
    )
    counts: Counter[str] = Counter()
    for keys, count in sequences.items():
        counts.update(dict.fromkeys(keys, count))
    meanings = _meanings(sequences, conventions)
    lines = [
        f"{count / events.num_rows:>4.0%}  {key}: {', '.join(meanings.get(key, ['not understood']))}"
        for key, count in sorted(counts.items(), key=lambda item: (item[0] not in meanings, -item[1]))
    ]
    unknown = [key for key, _ in counts.most_common() if key not in meanings]
    if unknown:
        lines.append(
            "Headers that are not understood are kept, but link nothing. If one names the cause of an event, or the "
            "event itself, declare it in headwater.toml:"
        )
        lines.append(f'[[headers]] key = {_toml_text(unknown[0])}, meaning = "causation id"   (a line each)')
    return lines


def _meanings(
    sequences: Iterable[tuple[str, ...]], conventions: "Sequence[Convention]"
) -> dict[str, list[str]]:
    """Return what each key means where it stands: some words need others beside them to mean anything."""
    import re

    from collector.decode.plan import Planner

    planner = Planner(re.compile("(?!)"), conventions)
    found: dict[str, dict[str, None]] = {}
    for keys in sequences:
        for pick in planner.plan(keys, headers_max=len(keys)).picks:
            for key in filter(pick.reads, keys):
                found.setdefault(key, {})[f"{pick.meaning} ({pick.convention.name})"] = None
    return {key: list(meanings) for key, meanings in found.items()}


def _toml_text(text: str) -> str:
    import json

    return json.dumps(text)
