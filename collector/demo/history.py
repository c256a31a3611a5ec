"""Past weeks of the company in virtual time: the same services and the same story, as fast as the machine can.

Offsets are known before the broker says them, because nobody else writes: causes, and headers that name
offsets, need them at once. The producer checks every one against what the broker acknowledged.
"""

import heapq
import itertools
import math
import random
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from collector.demo.compose import compose
from collector.demo.habits import causes_of
from collector.demo.handlers.paying import RETRIES
from collector.demo.model import Cause, Draft, Message, Record, Stamp
from collector.demo.services import COMPANY, Service, readers
from collector.demo.spring import not_before_s
from collector.demo.story import DAY_S, Scene, Story, scene
from collector.demo.tracing import SeededIds, inject
from schemas.records import EventRef

CASCADES_PER_DAY = 500
TRANSIT_S = 0.004
# In past weeks batching services worked by the hour: live they wait seconds, so that there is something to see.
BATCH_WAIT_S = 3600.0


@dataclass(frozen=True, slots=True)
class PastEvent:
    """A record to be sent, with the place that it will have on the broker and who caused it."""

    ref: EventRef
    message: Message
    time_ms: int
    causes: Sequence[Cause]
    service: str


@dataclass(slots=True)
class _Waiting:
    """What a batching service has read and not yet handled. `turn` tells its timers apart."""

    records: list[Record] = field(default_factory=list)
    turn: int = 0


class History:
    """Simulates the company between two times; `events` gives what it sent, in order of time."""

    def __init__(
        self,
        story: Story,
        partitions: Mapping[str, int],
        ends: Mapping[tuple[str, int], int],
        *,
        start_s: float,
        end_s: float,
        seed: int,
        cascades_per_day: float = CASCADES_PER_DAY,
    ) -> None:
        self._story = story
        self._partitions = partitions
        self._next_offset = dict(ends)
        self._end_s = end_s
        self._seed = seed
        self._cascades_per_day = cascades_per_day
        self._lots = random.Random(f"{seed}/history")  # noqa: S311 - a simulation, not a secret
        self._ids = SeededIds(self._lots)
        self._readers = readers()
        self._waiting = {service.name: _Waiting() for service in COMPANY if service.batch.records_max > 1}
        self._agenda: list[tuple[float, int, Callable[[float], PastEvent | None]]] = []
        self._order = itertools.count()
        for service in COMPANY:
            if service.starts_share:
                first = sum(at for (topic, _), at in ends.items() if topic in service.writes)
                self._at(start_s, partial(self._begin, service, first))

    def events(self) -> Iterator[PastEvent]:
        """Yield what was sent, ordered by time; nothing of it after the end."""
        while self._agenda:
            now_s, _, step = heapq.heappop(self._agenda)
            if now_s >= self._end_s:
                return
            event = step(now_s)
            if event is not None:
                yield event

    def _at(self, time_s: float, step: Callable[[float], PastEvent | None]) -> None:
        heapq.heappush(self._agenda, (time_s, next(self._order), step))

    def _begin(self, service: Service, number: int, now_s: float) -> None:
        for draft in service.starts(number, self._scene(now_s)):
            self._plan(now_s, service, draft, ())
        a_day = self._cascades_per_day * service.starts_share * busyness(now_s)
        later_s = now_s + self._lots.expovariate(a_day / DAY_S)
        self._at(later_s, partial(self._begin, service, number + 1))

    def _take(self, service: Service, record: Record, now_s: float) -> None:
        if service.batch.records_max == 1:
            self._handle(now_s, service, [record])
            return
        waiting = self._waiting[service.name]
        waiting.records.append(record)
        if len(waiting.records) == 1:
            turn = waiting.turn
            self._at(now_s + BATCH_WAIT_S, partial(self._time_out, service, turn))
        if len(waiting.records) >= service.batch.records_max:
            self._handle_waiting(now_s, service)

    def _time_out(self, service: Service, turn: int, now_s: float) -> None:
        if self._waiting[service.name].turn == turn:
            self._handle_waiting(now_s, service)

    def _handle_waiting(self, now_s: float, service: Service) -> None:
        waiting = self._waiting[service.name]
        records, waiting.records = waiting.records, []
        waiting.turn += 1
        self._handle(now_s, service, records)

    def _handle(self, now_s: float, service: Service, records: Sequence[Record]) -> None:
        for draft in service.handle(records, self._scene(now_s)):
            self._plan(now_s, service, draft, records)

    def _plan(self, now_s: float, service: Service, draft: Draft, causes: Sequence[Record]) -> None:
        self._at(now_s + draft.after_s, partial(self._send, service, draft, causes))

    def _send(self, service: Service, draft: Draft, causes: Sequence[Record], now_s: float) -> PastEvent:
        message = compose(service, draft, causes, Stamp(now_s, self._lots))
        if service.tracing != "none":
            goes_on = service.tracing == "continued" and causes
            inject(self._ids, message.headers, causes[0].headers if goes_on else None)
        ref = self._place(message)
        time_ms = int(now_s * 1000)
        record = Record(ref, draft.key, draft.payload, message.headers, time_ms / 1000)
        for reader in self._readers[ref.topic]:
            due_s = not_before_s(record) if ref.topic in RETRIES else now_s + TRANSIT_S
            self._at(max(due_s, now_s), partial(self._take, reader, record))
        return PastEvent(ref, message, time_ms, causes_of(service.habit, draft, causes), service.name)

    def _place(self, message: Message) -> EventRef:
        """Choose the partition as librdkafka does for keys, and count."""
        partition = message.partition
        if partition is None:
            partition = zlib.crc32(message.key or b"") % self._partitions[message.topic]
        offset = self._next_offset.get((message.topic, partition), 0)
        self._next_offset[message.topic, partition] = offset + 1
        return EventRef(message.topic, partition, offset)

    def _scene(self, now_s: float) -> Scene:
        return scene(self._story, now_s, self._seed)


def busyness(time_s: float) -> float:
    """Return how busy the shop is compared with its average: little at night (UTC), most in the early evening."""
    return 1 + 0.85 * math.sin((time_s % DAY_S) / DAY_S * 2 * math.pi - 2.6)
