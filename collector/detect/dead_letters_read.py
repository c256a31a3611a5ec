"""Asks the store for everything that is said of dead letters: the page and the command line share these answers."""

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from collector.detect import dead_letters_causes as causes
from collector.detect.dead_letters import NOW_WINDOW, Reason, Report, over_times, reasons_of, scopes_of
from collector.detect.dead_letters_text import redacted, said_stack
from collector.detect.read_incidents import read_incidents
from collector.storage.api import Store
from schemas.records import EventRef

REASONS_MAX = 500
_SCOPES_MAX = 500


@dataclass(frozen=True, slots=True)
class Letter:
    """One dead letter in full; `stack` is redacted and bounded, empty = it has none."""

    event: str
    origin_event: str
    origin_evidence: str
    consumer_group: str
    service: str
    exception: str
    message: str
    attempts: int
    failed_time: datetime
    reason_id: str
    stack: str


def read_report(store: Store, now: datetime, since: datetime, until: datetime | None = None) -> Report:
    """Return the state of dead letters that were given up since then, as of `now`."""
    until = until or now + timedelta(days=1)  # clocks of producers may be ahead of ours
    span = {"since": since, "until": until}
    rows = store.query("dead_letters_reasons", span | {"now": now, "rows_max": REASONS_MAX + 1})
    scopes = store.query("dead_letters_scopes", span | {"now": now, "rows_max": _SCOPES_MAX})
    read = store.query("groups_read", span) if scopes else []
    polls = store.query("groups_polls_latest")
    over = over_times(read_incidents(store, since=now - 2 * NOW_WINDOW, until=until))
    reasons = reasons_of(rows[:REASONS_MAX], _changes(store, rows, since, until))
    return Report(
        now=now,
        since=since,
        reasons=tuple(replace(one, over_time=over.get((one.topic, one.failing))) for one in reasons),
        scopes=tuple(scopes_of(scopes, read, since)),
        doubtful_topics=tuple(row["topic"] for row in store.query("dead_letters_doubtful")),
        groups_problem=polls[0]["problem"]
        if polls
        else "Nobody has asked the brokers for consumer groups yet.",
        cut=len(rows) > REASONS_MAX,
    )


def read_rates(store: Store, since: datetime, until: datetime, step_s: int) -> list[dict[str, Any]]:
    """Return failures per step, topic and consumer group."""
    return store.query("dead_letters_rates", {"since": since, "until": until, "step_s": step_s})


def read_letter(store: Store, ref: EventRef, redact: re.Pattern[str]) -> Letter | None:
    """Return one dead letter with its stack trace; None where there is no such one."""
    params = {"topic": ref.topic, "partition": ref.partition, "offset": ref.offset}
    rows = store.query("dead_letter_record", params)
    if not rows:
        return None
    row = rows[0]
    names = [_bytes(name).decode("utf-8", "backslashreplace") for name in row["header_names_hex"]]
    values = [None if value is None else _bytes(value) for value in row["header_values_hex"]]
    stack = said_stack(list(zip(names, values, strict=True)), row["convention"])
    plain = {name: row[name] for name in Letter.__slots__ if name != "stack"}
    return Letter(**plain, stack=redacted(stack, redact))


def read_effects(store: Store, origin: EventRef) -> list[dict[str, Any]]:
    """Return what an origin caused that did not fail, by service, topic and type."""
    places = {"topics": [origin.topic], "partitions": [origin.partition], "offsets": [origin.offset]}
    return store.query("redrive_effects", places)


def named(report: Report, reason_id: str) -> Reason | None:
    """Return the reason of this id."""
    return next((reason for reason in report.reasons if reason.reason_id == reason_id.lower()), None)


def _changes(
    store: Store, rows: list[dict[str, Any]], since: datetime, until: datetime
) -> list[causes.Change]:
    if not rows:
        return []
    span = {"since": since - causes.BEFORE, "until": until}
    topics = sorted({row["topic"] for row in rows})
    services = {row[name] for row in rows for name in ("consumer_group", "service", "origin_service")}
    structures = store.query("dead_letters_schema_changes", span | {"topics": topics})
    deployed = store.query("dead_letters_deployments", span | {"services": sorted(services - {""})})
    return [*map(causes.schema_change, structures), *map(causes.deployment, deployed)]


def _bytes(hex_text: str | bytes) -> bytes:
    return bytes.fromhex(hex_text if isinstance(hex_text, str) else hex_text.decode())
