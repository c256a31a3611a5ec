"""Records to rows: collects what is read from Kafka and turns it into columns at each write."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from collector.decode.plan import Plan, Planner
from collector.decode.read_payload import SCHEMA_MARKS, cloudevent_headers, read_schema_id
from collector.decode.shape import NO_SHAPE, ShapeReader
from collector.decode.tabulate import Gathered, ProducerOf, key_lists, tabulate
from collector.errors import RecordError
from schemas import arrow

REDACTED = b"[redacted]"
_BRACE = ord("{")
_NOTHING = (NO_SHAPE, "")
_ROW_BYTES = 400  # what a row holds in memory besides its header values, measured


class WireRecord(Protocol):
    """A record as the client library hands it over: offset, time in ms since 1970, key, value, headers in order."""

    # fmt: off
    @property
    def offset(self) -> int: ...  # noqa: D102 - one docstring says it for all
    @property
    def timestamp(self) -> int: ...  # noqa: D102
    @property
    def timestamp_type(self) -> int: ...  # noqa: D102
    @property
    def key(self) -> bytes | None: ...  # noqa: D102
    @property
    def value(self) -> bytes | None: ...  # noqa: D102
    @property
    def headers(self) -> Sequence[tuple[str, bytes | None]]: ...  # noqa: D102
    # fmt: on


@dataclass(frozen=True)
class Limits:
    """How much of a record is kept."""

    headers_max: int
    header_value_bytes_max: int


class RecordColumns:
    """The rows of one write in the making: filled by one thread, then turned into a table by any other."""

    def __init__(
        self, planner: Planner, shapes: ShapeReader | None, limits: Limits, producer_of: ProducerOf
    ) -> None:
        self._planner = planner
        self._shapes = shapes
        self._limits = limits
        self._producer_of = producer_of
        self._groups: dict[int, Gathered] = {}
        self._sequences: dict[tuple[str, ...], int] = {}
        self.count = 0
        self.size_bytes = 0

    def add(self, topic: str, partition: int, records: Iterable[WireRecord], observed_ms: int) -> None:
        """Read records of one partition. Never raises for what a record holds."""
        before: dict[int, tuple[int, int]] = {}
        for record in records:
            headers = record.headers
            keys: tuple[str, ...]
            values: Sequence[bytes | None]
            keys, values = zip(*headers, strict=True) if headers else ((), ())
            if len(keys) > self._limits.headers_max:
                keys, values = keys[: self._limits.headers_max], values[: self._limits.headers_max]
            payload = record.value
            inside = cloudevent_headers(payload) if payload and payload[0] == _BRACE else ()
            plan, read_values = self._plan(keys, values, inside)
            group = self._groups.get(plan.group)
            if group is None:
                group = self._groups[plan.group] = Gathered(plan.picks)
            facts = group.facts
            if plan.group not in before:
                before[plan.group] = (len(facts), len(group.header_values))
            if plan.redacted:
                values = [REDACTED if i in plan.redacted else value for i, value in enumerate(values)]
                read_values = [
                    REDACTED if i in plan.redacted else value for i, value in enumerate(read_values)
                ]
            if plan.errors or len(headers) > len(keys):
                self._note_headers(group, len(facts), plan.errors, len(headers))
            shape, schema_id = self._read_payload(topic, payload, group, len(facts)) if payload else _NOTHING
            facts.append(
                (
                    record.offset,
                    record.timestamp,
                    record.timestamp_type,
                    record.key,
                    -1 if payload is None else len(payload),
                    shape,
                    self._sequences.setdefault(keys, len(self._sequences)),
                    schema_id,
                )
            )
            group.picked.extend(plan.pick(read_values))
            group.header_values.extend(values)
        for number, (row, header) in before.items():
            self._close_segment(self._groups[number], topic, partition, observed_ms, row, header)

    def _plan(
        self, keys: tuple[str, ...], values: Sequence[bytes | None], inside: Sequence[tuple[str, bytes]]
    ) -> tuple[Plan, Sequence[bytes | None]]:
        """Return how to read these headers together with what a CloudEvent carries inside its payload."""
        if inside:
            # The context in the body is that of the start of the flow: a header knows better.
            extra = [
                (key, value) for key, value in inside if key != "traceparent" or "traceparent" not in keys
            ]
            keys = (*keys, *(key for key, _ in extra))
            values = (*values, *(value for _, value in extra))
        return self._planner.plan(keys), values

    def _read_payload(self, topic: str, payload: bytes, group: Gathered, row: int) -> tuple[int, str]:
        """Return shape id and schema id."""
        if payload[0] in SCHEMA_MARKS:
            return NO_SHAPE, read_schema_id(payload)
        if self._shapes is None:
            return _NOTHING
        try:
            return self._shapes.read(topic, payload), ""
        except ValueError:
            group.note(row, RecordError.PAYLOAD_NOT_JSON)
            return _NOTHING

    def _close_segment(
        self, group: Gathered, topic: str, partition: int, observed_ms: int, row: int, header: int
    ) -> None:
        added = len(group.facts) - row
        group.segments.append((topic, partition, observed_ms, added))
        self.count += added
        self.size_bytes += added * _ROW_BYTES + sum(map(len, filter(None, group.header_values[header:])))

    def _note_headers(self, group: Gathered, row: int, errors: Sequence[str], header_count: int) -> None:
        for error in errors:
            group.note(row, error)
        if header_count > self._limits.headers_max:
            group.note(row, RecordError.HEADERS_CUT)

    def table(self, batch: int) -> pa.Table:
        """Return the rows in the columns of schemas.arrow.EVENTS, in no order. May be called again."""
        header_keys = key_lists(list(self._sequences))
        tables = [
            tabulate(gathered, header_keys, batch, self._limits.header_value_bytes_max, self._producer_of)
            for gathered in self._groups.values()
        ]
        return pa.concat_tables(tables) if tables else arrow.EVENTS.empty_table()
