"""Records to rows: collects what is read from Kafka and turns it into columns at each write."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from collector.decode.plan import Planner
from collector.decode.shape import NO_SHAPE, ShapeReader
from collector.decode.tabulate import Gathered, ProducerOf, key_lists, tabulate
from collector.errors import RecordError
from schemas import arrow

REDACTED = b"[redacted]"
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
        plan_of, sequences, groups = self._planner.plan, self._sequences, self._groups
        read_shape = self._shapes.read if self._shapes else None
        headers_max = self._limits.headers_max
        before: dict[int, tuple[int, int]] = {}
        for record in records:
            headers = record.headers
            keys: tuple[str, ...]
            values: Sequence[bytes | None]
            keys, values = zip(*headers, strict=True) if headers else ((), ())
            if len(keys) > headers_max:
                keys, values = keys[:headers_max], values[:headers_max]
            plan = plan_of(keys)
            group = groups.get(plan.group)
            if group is None:
                group = groups[plan.group] = Gathered(plan.picks)
            facts = group.facts
            if plan.group not in before:
                before[plan.group] = (len(facts), len(group.header_values))
            if plan.redacted:
                values = [REDACTED if i in plan.redacted else value for i, value in enumerate(values)]
            if plan.errors or len(headers) > headers_max:
                self._note_headers(group, len(facts), plan.errors, len(headers))
            value = record.value
            shape = NO_SHAPE
            if value is None:
                value_size = -1
            else:
                value_size = len(value)
                if read_shape:
                    try:
                        shape = read_shape(topic, value)
                    except ValueError:
                        group.note(len(facts), RecordError.PAYLOAD_NOT_JSON)
            sequence = sequences.setdefault(keys, len(sequences))
            facts.append(
                (
                    record.offset,
                    record.timestamp,
                    record.timestamp_type,
                    record.key,
                    value_size,
                    shape,
                    sequence,
                )
            )
            group.picked.extend(plan.pick(values))
            group.header_values.extend(values)
        for number, (row, header) in before.items():
            group = groups[number]
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
