"""Records to rows: collects what is read from Kafka and turns it into columns at each write."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from collector.decode.columns import Values
from collector.decode.plan import Plan, Planner
from collector.decode.read_payload import SCHEMA_MARKS, cloudevent_headers, is_cloudevent, read_schema_id
from collector.decode.shape import NO_SHAPE, ShapeReader
from collector.decode.tabulate import Gathered, ProducerOf, key_lists, tabulate
from collector.errors import RecordError
from schemas import arrow

REDACTED = b"[redacted]"
PayloadFacts = tuple[int, str, bool, RecordError | None]
"""Shape id, schema id, whether it is a CloudEvent in structured mode, and what is wrong with it."""

_NOTHING: PayloadFacts = (NO_SHAPE, "", False, None)
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
        self._read_payload = _first_bytes if shapes is None else _structure_by(shapes)
        self._limits = limits
        self._producer_of = producer_of
        self._groups: dict[int, Gathered] = {}
        self._sequences: dict[tuple[str, ...], int] = {}
        self.count = 0
        self.size_bytes = 0

    def add(self, topic: str, partition: int, records: Iterable[WireRecord], observed_ms: int) -> None:
        """Read records of one partition. Never raises for what a record holds.

        This loop is the hot path of the collector: what it does per record is looked up, not worked out, and
        what is rare is done elsewhere.
        """
        known_plans, groups, sequences = self._planner.known, self._groups, self._sequences
        read_payload = self._read_payload
        before: dict[int, tuple[int, int]] = {}
        for record in records:
            headers = record.headers
            keys: tuple[str, ...]
            values: Values
            keys, values = zip(*headers, strict=False) if headers else ((), ())
            plan = known_plans.get(keys) or self._new_plan(keys)
            payload = record.value
            shape, schema_id, cloudevent, error = read_payload(topic, payload) if payload else _NOTHING
            read_values: Values = values
            if plan.is_unusual or cloudevent:
                keys, values, plan, read_values = self._read_unusual(keys, values, payload)
            group = groups.get(plan.group)
            if group is None:
                group = groups[plan.group] = Gathered(plan.picks)
            facts = group.facts
            if plan.group not in before:
                before[plan.group] = (len(facts), len(group.header_values))
            if plan.errors or error or len(headers) > len(keys):
                self._note(group, len(facts), plan, error, is_cut=len(headers) > len(keys))
            facts.append(
                (
                    record.offset,
                    record.timestamp,
                    record.timestamp_type,
                    record.key,
                    -1 if payload is None else len(payload),
                    shape,
                    sequences.setdefault(keys, len(sequences)),
                    schema_id,
                )
            )
            group.picked.extend(plan.pick(read_values))
            group.header_values.extend(values)
        for number, (row, header) in before.items():
            self._close_segment(groups[number], topic, partition, observed_ms, row, header)

    def _new_plan(self, keys: tuple[str, ...]) -> Plan:
        return self._planner.plan(keys, headers_max=self._limits.headers_max)

    def _read_unusual(
        self, keys: tuple[str, ...], values: Values, payload: bytes | None
    ) -> tuple[tuple[str, ...], Values, Plan, Values]:
        """Return keys and values to keep, and the plan and values to read.

        Too many headers are cut, secret ones masked, and what a CloudEvent carries inside its payload is read
        as if it were headers, but not kept as such.
        """
        keys, values = keys[: self._limits.headers_max], values[: self._limits.headers_max]
        read_values, secret = values, self._new_plan(keys).redacted
        if secret:
            # Read as null: what all masked ids would have in common is no name.
            read_values = [None if place in secret else value for place, value in enumerate(values)]
            values = [REDACTED if place in secret else value for place, value in enumerate(values)]
        inside = cloudevent_headers(payload) if payload else []
        read_keys = (*keys, *(key for key, _ in inside))
        plan = self._planner.plan(read_keys, headers_max=len(read_keys))
        return keys, values, plan, (*read_values, *(value for _, value in inside))

    def _close_segment(
        self, group: Gathered, topic: str, partition: int, observed_ms: int, row: int, header: int
    ) -> None:
        added = len(group.facts) - row
        group.segments.append((topic, partition, observed_ms, added))
        self.count += added
        self.size_bytes += added * _ROW_BYTES + sum(map(len, filter(None, group.header_values[header:])))

    def _note(
        self, group: Gathered, row: int, plan: Plan, error: RecordError | None, *, is_cut: bool
    ) -> None:
        for noted in (*plan.errors, error, RecordError.HEADERS_CUT if is_cut else None):
            if noted is not None:
                group.note(row, noted)

    def clear(self) -> None:
        """Forget the records: their table has been made."""
        self._groups.clear()
        self._sequences.clear()

    def table(self, batch: int) -> pa.Table:
        """Return the rows in the columns of schemas.arrow.EVENTS, in no order. May be called again."""
        header_keys = key_lists(list(self._sequences))
        tables = [
            tabulate(gathered, header_keys, batch, self._limits.header_value_bytes_max, self._producer_of)
            for gathered in self._groups.values()
        ]
        return pa.concat_tables(tables) if tables else arrow.EVENTS.empty_table()


def _first_bytes(_topic: str, payload: bytes) -> PayloadFacts:
    """Read what can be told without taking the payload apart."""
    if payload[0] in SCHEMA_MARKS:
        return NO_SHAPE, read_schema_id(payload), False, None
    return NO_SHAPE, "", is_cloudevent(payload), None


def _structure_by(shapes: ShapeReader) -> Callable[[str, bytes], PayloadFacts]:
    """Return a reader that also tells the shape."""
    read_shape, cloudevents = shapes.read, shapes.cloudevents

    def read(topic: str, payload: bytes) -> PayloadFacts:
        if payload[0] in SCHEMA_MARKS:
            return NO_SHAPE, read_schema_id(payload), False, None
        try:
            shape = read_shape(topic, payload)
        except ValueError:
            return NO_SHAPE, "", False, RecordError.PAYLOAD_NOT_JSON
        return shape, "", shape in cloudevents, None

    return read
