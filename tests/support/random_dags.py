"""Random cascades as records and spans in the habits of many libraries, with every edge that their evidence gives."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from schemas.records import EventRef
from tests.support.event_log import Log, Place
from tests.support.records import NOW_MS, Headers, Record

Truth = dict[tuple[str, str], tuple[str, str, float]]
TOPICS, PARTITIONS = 6, 3
SKEW_MS_MAX = 30_000
_IDS: tuple[tuple[str, str], ...] = (
    ("message-id", "causation-id"),
    ("ce_id", "ce_causationid"),
    ("id", "causation-id"),
    ("NServiceBus.MessageId", "NServiceBus.RelatedTo"),
    ("rbs2-msg-id", "rbs2-in-reply-to"),
)


@dataclass
class Sent:
    """An event of the cascade, and whether its names still mean it alone."""

    place: Place
    record: Record
    number: int
    context: str = ""  # trace id-span id
    named: bool = False
    closed: bool = False

    @property
    def ref(self) -> str:
        return str(EventRef(*self.place))


@dataclass
class Dag:
    """What is sent, and what has to be found: relation, evidence and confidence by (cause, effect)."""

    sent: list[Sent] = field(default_factory=list)
    spans: list[dict[str, Any]] = field(default_factory=list)
    truth: Truth = field(default_factory=dict)


def random_dag(rng: random.Random, events: int) -> Dag:
    """Return a DAG of so many events. Clocks are skewed, stand still, are copied, or are the broker's."""
    dag = Dag()
    while len(dag.sent) < events:
        rng.choice(_HABITS)(dag, rng)
    return dag


def arrive(log: Log, dag: Dag, rng: random.Random) -> None:
    """Let everything come: in any order, some of it twice, in batches of two collectors that link when they like."""
    records = [(one.place, one.record) for one in dag.sent]
    records += rng.sample(records, len(records) // 5)
    rng.shuffle(records)
    spans = list(dag.spans)
    rng.shuffle(spans)
    unlinked: list[int] = []
    while records or spans or unlinked:
        what = rng.random()
        if records and what < 0.5:
            count = rng.randint(1, 60)
            # One batch does not hold a record twice: a partition is read in order.
            log.write_records(
                list(dict(records[:count]).items()), link=False, later_ms=rng.randint(0, 90_000)
            )
            del records[:count]
            unlinked.append(log.batch)
        elif spans and what < 0.7:
            count = rng.randint(1, 60)
            log.write_spans(spans[:count])
            del spans[:count]
        elif what < 0.75:
            log.look_at_names()
        elif unlinked:
            log.link(unlinked.pop(rng.randrange(len(unlinked))))
    log.look_at_names()


def _place(dag: Dag, topic: str, partition: int | None, rng: random.Random) -> Place:
    return topic, rng.randrange(PARTITIONS) if partition is None else partition, len(dag.sent)


def _time(rng: random.Random) -> tuple[int, int]:
    """Return timestamp and its type: skewed, all the same, or of the broker."""
    return rng.choice(
        [
            (NOW_MS + rng.randint(-SKEW_MS_MAX, SKEW_MS_MAX), 0),
            (NOW_MS, 0),
            (NOW_MS, 1),
            (NOW_MS - 86_400_000, 0),
        ]
    )


def _add(
    dag: Dag, rng: random.Random, headers: Headers, *, place: Place | None = None, context: str = ""
) -> Sent:
    number = len(dag.sent)
    timestamp, kind = _time(rng)
    value = b'{"number":%d}' % number
    record = Record(headers, value, b"key-%d" % (number % 5), timestamp=timestamp, timestamp_type=kind)
    place = place or _place(dag, f"topic-{rng.randrange(TOPICS)}", None, rng)
    dag.sent.append(Sent(place, record, number, context))
    return dag.sent[-1]


def _ids(rng: random.Random, number: int, causes: Sequence[Sent]) -> Headers:
    """Name an event and what caused it, each cause by another convention."""
    own, _ = rng.choice(_IDS)
    headers: list[tuple[str, bytes | None]] = [(own, b"m-%d" % number)]
    says = rng.sample(sorted({cause for _, cause in _IDS}), len(causes))
    return headers + [(name, b"m-%d" % cause.number) for name, cause in zip(says, causes, strict=True)]


def _open(dag: Dag, rng: random.Random) -> Sent | None:
    found = [one for one in dag.sent if not one.closed]
    return rng.choice(found) if found else None


def _context(dag: Dag, rng: random.Random) -> tuple[str, tuple[str, bytes | None]]:
    trace = f"{rng.choice([7, rng.getrandbits(120) + 1]):032x}"  # often the same: one that lives for days
    span = f"{len(dag.sent) + 1:016x}"
    return f"{trace}-{span}", ("traceparent", f"00-{trace}-{span}-01".encode())


def _by_ids(dag: Dag, rng: random.Random) -> None:
    causes = list(
        {one.number: one for one in (_open(dag, rng) for _ in range(rng.randint(0, 2))) if one}.values()
    )
    effect = _add(dag, rng, _ids(rng, len(dag.sent), causes))
    for cause in causes:
        cause.named = True
        dag.truth[cause.ref, effect.ref] = ("caused", "header", 1.0)


def _by_appended_context(dag: Dag, rng: random.Random) -> None:
    context, own = _context(dag, rng)
    found = [one for one in dag.sent if one.context and not one.closed]
    cause = rng.choice(found) if found else None
    before = [("traceparent", f"00-{cause.context}-01".encode())] if cause else []
    effect = _add(dag, rng, [*_ids(rng, len(dag.sent), []), *before, own], context=context)
    if cause:
        cause.named = True
        dag.truth[cause.ref, effect.ref] = ("caused", "context", 1.0)


def _by_spans(dag: Dag, rng: random.Random) -> None:
    """A consumer span that says the place or links to the context, something between, and the span that sends."""
    cause = _open(dag, rng)
    if cause is None:
        return
    context, own = _context(dag, rng)
    effect = _add(dag, rng, [*_ids(rng, len(dag.sent), []), own], context=context)
    trace, span = context.split("-")
    handling, between = (f"{kind}{effect.number:015x}" for kind in "ab")
    topic, partition, offset = cause.place
    common: dict[str, Any] = {"trace_id": trace, "service": f"service of {effect.place[0]}"}
    consumer: dict[str, Any] = {
        **common,
        "span_id": handling,
        "kind": "consumer",
        "system": "kafka",
        "operation": "process",
        "topic": topic,
    }
    if cause.context and rng.random() < 0.5:
        linked_trace, linked_span = cause.context.split("-")
        consumer |= {
            "link_trace_ids": [linked_trace], "link_span_ids": [linked_span], "link_topics": [""],
            "link_partitions": [-1], "link_offsets": [-1],
        }  # fmt: skip
    else:
        consumer |= {"partition": partition, "offset": offset}
    sending = {**common, "span_id": span, "parent_span_id": between, "kind": "producer", "system": "kafka",
               "operation": "send", "topic": effect.place[0]}  # fmt: skip
    dag.spans += [consumer, {**common, "span_id": between, "parent_span_id": handling}, sending]
    cause.named = True
    dag.truth[cause.ref, effect.ref] = ("caused", "span", 1.0)


def _is_main(event: Sent) -> bool:
    return "-" not in event.place[0].removeprefix("topic-")


def _provenance(rng: random.Random, origin: Place) -> Headers:
    topic, partition, offset = origin
    if rng.random() < 0.5:
        return [
            ("kafka_original-topic", topic.encode()),
            ("kafka_original-partition", partition.to_bytes(4, "big")),
            ("kafka_original-offset", offset.to_bytes(8, "big")),
        ]
    return [
        ("__connect.errors.topic", topic.encode()),
        ("__connect.errors.partition", str(partition).encode()),
        ("__connect.errors.offset", str(offset).encode()),
    ]


def _by_provenance(dag: Dag, rng: random.Random) -> None:
    """A dead letter or a retry with an id of its own, or with all that its origin had."""
    origin = _open(dag, rng)
    if origin is None or not _is_main(origin):
        return
    keeps = not origin.named and rng.random() < 0.5
    kind = rng.choice(["dlt", "retry-0"])
    kept = [*origin.record.headers] if keeps else [*_ids(rng, len(dag.sent), [])]
    place = _place(dag, f"{origin.place[0]}-{kind}", origin.place[1], rng)
    effect = _add(dag, rng, [*kept, *_provenance(rng, origin.place)], place=place)
    origin.closed, effect.closed = origin.closed or keeps, keeps
    relation = "dead_lettered" if kind == "dlt" else "retried"
    dag.truth[origin.ref, effect.ref] = (relation, "provenance", 1.0)


def _twin(dag: Dag, rng: random.Random, topic: str, relation: str) -> None:
    """The same record once more: its names mean two events from then on, so nothing is caused by them."""
    found = [
        one
        for one in dag.sent
        if not one.named and not one.closed and "-" not in one.place[0].removeprefix("topic-")
    ]
    if not found:
        return
    origin = rng.choice(found)
    place = (topic + origin.place[0], origin.place[1], len(dag.sent))
    dag.sent.append(Sent(place, origin.record, len(dag.sent), closed=True))
    origin.closed = True
    dag.truth[origin.ref, dag.sent[-1].ref] = (relation, "header", 1.0)


def _by_repeat(dag: Dag, rng: random.Random) -> None:
    _twin(dag, rng, "", "duplicated")


def _by_mirror(dag: Dag, rng: random.Random) -> None:
    _twin(dag, rng, "eu.", "mirrored")


_HABITS: tuple[Callable[[Dag, random.Random], None], ...] = (
    _by_ids, _by_ids, _by_ids, _by_appended_context, _by_spans, _by_provenance, _by_repeat, _by_mirror,
)  # fmt: skip
