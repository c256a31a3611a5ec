"""Records to rows: collects what is read from Kafka and turns it into columns at each write."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from collector.decode.pieces import Loose, Piece, Segment, joined
from collector.decode.plan import HeaderValues, Pick, Plan, Planner
from collector.decode.raw_batches import BrokenBatch, RawBatch
from collector.decode.read_batches import Taken, read_batches
from collector.decode.read_payload import NOTHING, PayloadReader, cloudevent_headers
from collector.decode.shape import ShapeReader
from collector.decode.tabulate import ProducerOf, key_lists, tabulate
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
    """The rows of one write in the making: filled by one thread, then turned into tables by any other.

    Batches are only piled up until then: what is read of them comes when their table is made.
    """

    def __init__(
        self, planner: Planner, shapes: ShapeReader | None, limits: Limits, producer_of: ProducerOf
    ) -> None:
        self._planner = planner
        self._payloads = PayloadReader(shapes)
        self._limits = limits
        self._producer_of = producer_of
        self._pile: list[Taken] = []
        self._loose: dict[int, Loose] = {}
        self._picks: dict[int, tuple[Pick, ...]] = {}
        self._pieces: dict[int, list[Piece]] = {}
        self._sequences: dict[tuple[str, ...], int] = {}
        self.broken: list[tuple[str, int, BrokenBatch]] = []
        """What cannot be read at all, by topic and partition."""
        self.count = 0
        self.size_bytes = 0

    def add_batch(self, topic: str, partition: int, batch: RawBatch, observed_ms: int) -> None:
        """Pile up a batch."""
        self._pile.append(Taken(topic, partition, observed_ms, batch))
        count = min(max(batch.count, 0), len(batch.content))  # what a damaged batch says may be anything
        self.count += count
        self.size_bytes += len(batch.content) + count * _ROW_BYTES

    def add(self, topic: str, partition: int, records: Iterable[WireRecord], observed_ms: int) -> None:
        """Read records of one partition one by one. Never raises for what a record holds."""
        before = {number: len(loose.facts) for number, loose in self._loose.items()}
        for record in records:
            self._add_record(topic, record)
        for number, loose in self._loose.items():
            added = len(loose.facts) - before.get(number, 0)
            if added:
                loose.segments.append(Segment(topic, partition, observed_ms, added))
                self.count += added

    def _add_record(self, topic: str, record: WireRecord) -> None:
        headers, payload = record.headers, record.value
        keys: tuple[str, ...]
        values: HeaderValues
        keys, values = zip(*headers, strict=False) if headers else ((), ())
        plan = self._plan(keys)
        shape, schema_id, cloudevent, error = self._payloads.read(topic, payload) if payload else NOTHING
        read_values: HeaderValues = values
        if plan.is_unusual or cloudevent:
            keys, values, plan, read_values = self._read_unusual(keys, values, payload)
        loose = self._loose.get(plan.group)
        if loose is None:
            loose = self._loose[plan.group] = Loose(plan.picks)
        row = len(loose.facts)
        for noted in (*plan.errors, error, RecordError.HEADERS_CUT if len(headers) > len(keys) else None):
            if noted is not None:
                loose.note(row, noted)
        if schema_id:
            loose.schema_ids[row] = schema_id
        size = -1 if payload is None else len(payload)
        sequence = self._sequence(keys)
        loose.facts.append(
            (record.offset, record.timestamp, record.timestamp_type, record.key, size, shape, sequence)
        )
        loose.picked.extend(plan.pick(read_values))
        loose.header_values.extend(values)
        self.size_bytes += _ROW_BYTES + sum(map(len, filter(None, values)))

    def _plan(self, keys: tuple[str, ...]) -> Plan:
        return self._planner.known.get(keys) or self._planner.plan(keys, headers_max=self._limits.headers_max)

    def _sequence(self, keys: tuple[str, ...]) -> int:
        return self._sequences.setdefault(keys, len(self._sequences))

    def _read_unusual(
        self, keys: tuple[str, ...], values: HeaderValues, payload: bytes | None
    ) -> tuple[tuple[str, ...], HeaderValues, Plan, HeaderValues]:
        """Return keys and values to keep, and the plan and values to read.

        Too many headers are cut, secret ones masked, and what a CloudEvent carries inside its payload is read
        as if it were headers, but not kept as such.
        """
        keys, values = keys[: self._limits.headers_max], values[: self._limits.headers_max]
        read_values, secret = values, self._plan(keys).redacted
        if secret:
            # Read as null: what all masked ids would have in common is no name.
            read_values = [None if place in secret else value for place, value in enumerate(values)]
            values = [REDACTED if place in secret else value for place, value in enumerate(values)]
        inside = cloudevent_headers(payload) if payload else []
        read_keys = (*keys, *(key for key, _ in inside))
        plan = self._planner.plan(read_keys, headers_max=len(read_keys))
        return keys, values, plan, (*read_values, *(value for _, value in inside))

    def clear(self) -> None:
        """Forget the records: their table has been made."""
        for kept in (self._pile, self._loose, self._pieces, self._sequences):
            kept.clear()

    def table(self, batch: int) -> pa.Table:
        """Return the rows in the columns of schemas.arrow.EVENTS, in no order. May be called again."""
        self._read_pile()
        header_keys = key_lists(list(self._sequences))
        pieces = {number: list(found) for number, found in self._pieces.items()}
        picks = dict(self._picks)
        for number, loose in self._loose.items():
            picks[number] = loose.picks
            pieces.setdefault(number, []).append(loose.piece())
        tables = [
            tabulate(
                picks[number],
                found,
                header_keys,
                batch,
                self._limits.header_value_bytes_max,
                self._producer_of,
            )
            for number, found in pieces.items()
        ]
        return pa.concat_tables(tables) if tables else arrow.EVENTS.empty_table()

    def _read_pile(self) -> None:
        # In the order of the table's key, so that the store has less to sort.
        pile = sorted(self._pile, key=lambda taken: (taken.topic, taken.partition, taken.batch.first_offset))
        self._pile.clear()
        for read in read_batches(_taken_off(pile), self._plan, self._payloads):
            for plan, keys, piece in read.pieces:
                self._picks[plan.group] = plan.picks
                piece.sequences[:] = self._sequence(keys)
                self._pieces.setdefault(plan.group, []).append(piece)
            for taken, records in read.singles:
                self.add(taken.topic, taken.partition, records, taken.observed_ms)
            self.broken.extend((taken.topic, taken.partition, hole) for taken, hole in read.broken)
        # Now, so that the many small pieces are gone before a table is made of the large one.
        self._pieces = {number: [joined(found)] for number, found in self._pieces.items()}


def _taken_off(pile: list[Taken]) -> Iterator[Taken]:
    """Yield from the first to the last, so that what has been read takes no memory any more."""
    pile.reverse()
    while pile:
        yield pile.pop()
