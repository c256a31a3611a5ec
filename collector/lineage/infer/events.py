"""Events as columns of whole numbers: what inference knows of them. Pure.

Nothing here knows Kafka: an event has a time, a kind (topic, type, producing service and, where known, the service
that reads it) and some words that it may share with its cause (trace, span, correlation id, key).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

JOINS = ("span", "trace", "correlation", "key", "time")
"""What cause and effect may share, from what says most to what says least; `time` shares nothing."""

NONE = -1


@dataclass(frozen=True)
class Events:
    """One row per event, in any order. `time_ms` is since any epoch; empty text means not known.

    `reader` is the service that reads this very event where that is known; else `readers` says which services read
    a topic, and a topic without an entry may be read by anyone. `root` marks events that are known to have no cause.
    `silent` marks those that name no cause although others of their kind do: their cause is likely to be one of the
    `nameless`, which have no id that could be named.
    """

    time_ms: Sequence[float] | Floats
    topic: Sequence[str]
    producer: Sequence[str]
    type: Sequence[str] = ()
    reader: Sequence[str] = ()
    trace: Sequence[str] = ()
    span: Sequence[str] = ()
    correlation: Sequence[str] = ()
    key: Sequence[str] = ()
    root: Sequence[bool] | Flags = ()
    silent: Sequence[bool] | Flags = ()
    nameless: Sequence[bool] | Flags = ()
    readers: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.topic)


@dataclass(frozen=True)
class Kind:
    """What events have in common that have the same habits."""

    topic: str
    type: str
    producer: str
    reader: str
    silent: bool = False

    def __str__(self) -> str:
        return self.topic


@dataclass(frozen=True)
class Frame:
    """The same events by time. `order` leads back to the rows of `Events`; every column is in the new order.

    `nameless` is by kind; `producer` and `reader` are numbers of services; `shared[join]` numbers the value that an
    event has of it.
    """

    order: Ints
    time: Floats
    kind: Ints
    kinds: tuple[Kind, ...]
    producer: Ints
    reader: Ints
    root: Flags
    nameless: Flags
    shared: Mapping[str, Ints]
    readers: Mapping[str, frozenset[str]]

    def __len__(self) -> int:
        return len(self.time)

    def may_cause(self, cause: int, effect: int) -> bool:
        """Whether the service that wrote events of kind `effect` may have read those of kind `cause`."""
        if self.kinds[effect].silent and not self.nameless[cause]:
            return False
        producer = self.kinds[effect].producer
        reader = self.kinds[cause].reader
        if reader:
            return reader == producer
        known = self.readers.get(self.kinds[cause].topic)
        return known is None or not producer or producer in known


def frame(events: Events) -> Frame:
    """Return `events` as numbers, in order of time; equal times keep the order in which they were given."""
    time = np.asarray(events.time_ms, dtype=np.float64)
    order = np.argsort(time, kind="stable").astype(np.int64)
    count = len(time)
    columns = [_codes(column, count, order) for column in (events.topic, events.type)]
    services, service_names = _common_codes((events.producer, events.reader), count, order)
    silent = _flags(events.silent, order)
    parts = [columns[0][0], columns[1][0], *services, silent.astype(np.int64)]
    kind, first = _combine(parts, count)
    names = [columns[0][1], columns[1][1], service_names, service_names]
    kinds = tuple(
        _kind(
            [name[part[row]] if part[row] >= 0 else "" for part, name in zip(parts, names, strict=False)],
            silent[row],
        )
        for row in first
    )
    nameless = np.bincount(kind, weights=_flags(events.nameless, order), minlength=len(kinds))
    nameless_kind: Flags = nameless * 2 > np.bincount(kind, minlength=len(kinds))
    given = {"span": events.span, "trace": events.trace, "correlation": events.correlation, "key": events.key}
    shared = {join: _codes(column, count, order)[0] for join, column in given.items()}
    shared["time"] = np.zeros(count, dtype=np.int64)
    return Frame(
        order=order,
        time=time[order],
        kind=kind,
        kinds=kinds,
        producer=services[0],
        reader=services[1],
        root=_flags(events.root, order),
        nameless=nameless_kind,
        shared=shared,
        readers=events.readers,
    )


def _kind(words: Sequence[str], silent: bool) -> Kind:
    topic, kind, producer, reader = words
    return Kind(topic, kind, producer, reader, bool(silent))


def _flags(column: Sequence[bool] | Flags, order: Ints) -> Flags:
    flags: Flags = np.zeros(len(order), dtype=np.bool_)
    if len(column):
        flags = np.asarray(column, dtype=np.bool_)[order]
    return flags


def _codes(column: Sequence[str], count: int, order: Ints) -> tuple[Ints, list[str]]:
    (codes,), names = _common_codes((column,), count, order)
    return codes, names


def _common_codes(columns: Sequence[Sequence[str]], count: int, order: Ints) -> tuple[list[Ints], list[str]]:
    """Number the words of several columns alike, in order of appearance; empty words and columns are NONE."""
    numbers: dict[str, int] = {"": NONE}
    coded = []
    for column in columns:
        if len(column) == 0:
            coded.append(np.full(count, NONE, dtype=np.int64))
            continue
        codes = np.fromiter((numbers.setdefault(word, len(numbers) - 1) for word in column), np.int64, count)
        coded.append(codes[order])
    return coded, list(numbers)[1:]


def _combine(parts: Sequence[Ints], count: int) -> tuple[Ints, Ints]:
    """Number the combinations that occur; also return a row of each."""
    code = np.zeros(count, dtype=np.int64)
    for part in parts:
        _, code = np.unique(code * (int(part.max(initial=0)) + 2) + part + 1, return_inverse=True)
    _, first, code = np.unique(code, return_index=True, return_inverse=True)
    return code.astype(np.int64), first.astype(np.int64)
