"""Finds dead letters among what is stored, and says of each what failed, where it came from and why.

Keeps nothing but how far it looked: whatever is lost with the process is found again in the store.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from collector.detect import dead_letters_rows as rows_of
from collector.detect.dead_letters_roles import Role, Seen, hints_at_dead_letters, judge_role, named_after
from collector.settings import Settings
from collector.storage.api import Store
from schemas import arrow_failures
from schemas.records import EventRef

EVERY_S = 5.0
_LATE = timedelta(minutes=15)  # a collector may hold records back while the store is away
_ROLES_EVERY = timedelta(seconds=30)
_ROLES_SINCE = timedelta(days=1)
_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)
_PAGE_ROWS = 2_000
_COMPARED_ROWS = 200
_COMPARED_TOPICS_MAX = 10
_HOPS_MAX = 16
_TIER_CONFIDENCE = {"same": 0.95, "named": 0.7}


class FindDeadLetters:
    """The task that fills dead_letter_records and topic_roles."""

    name = "dead letters"
    every_s = EVERY_S

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._declared = settings.topic_roles
        self._redact = re.compile(settings.redact_exceptions)
        self._looked: datetime | None = None
        self._roles_at = _BEGIN
        self._roles: dict[str, Role] = {}
        self._records: dict[str, int] = {}

    def step(self, now: datetime) -> None:
        """See Task."""
        since = self._looked - _LATE if self._looked else _BEGIN
        if now - self._roles_at >= _ROLES_EVERY:
            self._judge_topics(now, now - _ROLES_SINCE if self._looked else _BEGIN)
        unknown = self._find(now, since)
        if unknown:
            self._judge_topics(now, now - _ROLES_SINCE if self._looked else _BEGIN)
        self._looked = now

    def _find(self, now: datetime, since: datetime) -> bool:
        """Write what is new; return whether it lies on a topic of which nothing is known yet."""
        silent = [topic for topic, role in self._roles.items() if role.role == "dead letter"]
        unknown = False
        while True:
            found = self._store.query(
                "dead_letters_candidates", {"since": since, "topics": silent, "rows_max": _PAGE_ROWS}
            )
            if not found:
                return unknown
            unknown |= any(row["topic"] not in self._roles for row in found)
            self._write(found, now)
            if len(found) < _PAGE_ROWS:
                return unknown

    def _write(self, found: Sequence[Mapping[str, Any]], now: datetime) -> None:
        direct = {EventRef.of(row): rows_of.direct_origin(row) for row in found}
        direct |= self._equals({place for place, origin in direct.items() if origin is None})
        stored = self._stored({guess.ref for guess in direct.values() if guess})
        rows = [rows_of.row_of(row, direct.get(EventRef.of(row)), stored, self._redact, now) for row in found]
        table = pa.Table.from_pylist(rows, schema=arrow_failures.DEAD_LETTER_RECORDS)
        first, last = found[0], found[-1]
        token = f"dead-{EventRef.of(first)}-{EventRef.of(last)}-{len(rows)}-{now.timestamp()}"
        self._store.insert("dead_letter_records", table, token=token)

    def _stored(self, wanted: set[EventRef]) -> dict[EventRef, Mapping[str, Any]]:
        """Return the records at these places, and those that they were copied from, and so on."""
        stored: dict[EventRef, Mapping[str, Any]] = {}
        for _ in range(_HOPS_MAX):
            missing = sorted(wanted - stored.keys())
            if not missing:
                break
            answer = self._store.query(
                "dead_letters_origins",
                {
                    "topics": [ref.topic for ref in missing],
                    "partitions": [ref.partition for ref in missing],
                    "offsets": [ref.offset for ref in missing],
                },
            )
            stored |= {EventRef.of(row): row for row in answer}
            wanted = {ref for row in answer if (ref := rows_of.named_origin(row["origin"]))}
        return stored

    def _equals(self, places: set[EventRef]) -> dict[EventRef, rows_of.Guess]:
        """Return the likely origins of records that name none: what they equal."""
        found: dict[EventRef, rows_of.Guess] = {}
        for topic in sorted({place.topic for place in places}):
            for row in self._compare(topic, max(_PAGE_ROWS, _COMPARED_ROWS)):
                place = EventRef(topic, row["partition"], row["offset"])
                guess = _best_guess(row)
                if place in places and guess:
                    found[place] = guess
        return found

    def _compare(self, topic: str, rows_max: int) -> list[dict[str, Any]]:
        base = named_after(topic)
        named = [other for other in self._records if other != topic and named_after(other) == base]
        copies = [other for other, role in self._roles.items() if role.role != "main"]
        params = {"topic": topic, "since": _BEGIN, "rows_max": rows_max, "named": named, "not_topics": copies}
        return self._store.query("dead_letters_equal", params)

    def _judge_topics(self, now: datetime, since: datetime) -> None:
        if not self._roles:
            self._roles = {row["topic"]: rows_of.role_of(row) for row in self._store.query("topic_roles")}
        counted = self._store.query("dead_letters_topics", {"since": since})
        grown = {row["topic"] for row in counted if row["records"] != self._records.get(row["topic"])}
        self._records |= {row["topic"]: row["records"] for row in counted}
        fresh = dict(self._judged([row for row in counted if row["topic"] in grown]))
        changed = {topic: role for topic, role in fresh.items() if role != self._roles.get(topic)}
        self._roles |= changed
        self._roles_at = now
        rows = [rows_of.role_row(topic, role, now) for topic, role in changed.items()]
        table = pa.Table.from_pylist(rows, schema=arrow_failures.TOPIC_ROLES)
        self._store.insert("topic_roles", table, token=f"roles-{now.timestamp()}")

    def _judged(self, counted: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Role]]:
        compared = 0
        for row in counted:
            topic, equal, of = row["topic"], 0, 0
            if not row["copies"] and hints_at_dead_letters(topic) and compared < _COMPARED_TOPICS_MAX:
                compared += 1
                answers = self._compare(topic, _COMPARED_ROWS)
                of = len(answers)
                equal = sum(bool(answer["same"] or answer["named"]) for answer in answers)
            seen = Seen(row["records"], row["copies"], row["dead_letters"], equal, of)
            yield topic, judge_role(topic, seen, self._declared)


def _best_guess(row: Mapping[str, Any]) -> "rows_of.Guess | None":
    for tier, certainty in _TIER_CONFIDENCE.items():
        if row[tier]:
            first = EventRef(*max(row[tier], key=lambda found: (found[0], found[2])))
            return rows_of.Guess(first, "inferred", certainty / len(row[tier]))
    return None
