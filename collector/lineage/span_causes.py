"""From spans to what they say of events: which record a span handled, and under which spans others were sent. Pure.

A record carries the context of the span that sent it. From there up the chain of parents, the first span that handled
a Kafka record names the cause: by topic, partition and offset, or by the context that the record carried.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from schemas.records import coordinates_name, span_name

CHOICES_MAX = 64
"""Where more records were handled at once, each is too unlikely a cause to be one: that is left to inference."""

_UNKNOWN = -1
_KAFKA = ("", "kafka")
_SENDING = ("send", "create")
_HANDLING = ("receive", "process")

SpanKey = tuple[str, str]


@dataclass(frozen=True, slots=True)
class SpanLink:
    """A link to the context of a record; topic, partition and offset where its attributes say them."""

    trace_id: str
    span_id: str
    topic: str = ""
    partition: int = _UNKNOWN
    offset: int = _UNKNOWN


@dataclass(frozen=True, slots=True)
class SpanRow:
    """A span as stored in the table `spans`, where the fields are explained."""

    trace_id: str
    span_id: str
    parent_span_id: str = ""
    kind: str = ""
    service: str = ""
    system: str = ""
    operation: str = ""
    topic: str = ""
    partition: int = _UNKNOWN
    offset: int = _UNKNOWN
    cluster_id: str = ""
    batch_size: int = _UNKNOWN
    hands_on: bool = False
    links: tuple[SpanLink, ...] = ()
    links_missing: int = 0
    end_time: datetime | None = None

    @property
    def name(self) -> str:
        """What events that were sent under this span are called."""
        return span_name(self.trace_id, self.span_id)

    @property
    def parent(self) -> SpanKey | None:
        """The key of the parent, which is in the same trace."""
        return (self.trace_id, self.parent_span_id) if self.parent_span_id else None

    @property
    def sends(self) -> bool:
        """Whether it stands for sending a record."""
        return self.kind == "producer" or self.operation in _SENDING


@dataclass(frozen=True, slots=True)
class SpanCause:
    """A row of the table `span_causes`, where the fields are explained."""

    effect_name: str
    effect_topic: str
    effect_partition: int
    effect_offset: int
    effect_service: str
    products: int
    cause_name: str
    cause_context: str
    cause_topic: str
    cause_partition: int
    cause_offset: int
    choices: int
    consumer_name: str
    handled_time: datetime | None


@dataclass(frozen=True, slots=True)
class _Handled:
    """A record that a span may have handled."""

    name: str
    context: str = ""
    topic: str = ""
    partition: int = _UNKNOWN
    offset: int = _UNKNOWN


@dataclass(frozen=True, slots=True)
class _Consumption:
    """A span that handled records: it is where the walk ends, also where nobody can say which records."""

    span: SpanRow
    handled: tuple[_Handled, ...] = ()
    choices: int = 1


@dataclass
class _Walk:
    spans: Mapping[SpanKey, SpanRow]
    cluster_id: str
    found: dict[SpanKey, "_Consumption | None"] = field(default_factory=dict)


def span_causes(spans: Iterable[SpanRow], cluster_id: str = "") -> list[SpanCause]:
    """Return what these spans say: all spans of one or more traces, in any order; repeats do no harm.

    Chains that are broken or run in a circle say nothing. `cluster_id` is that of the events, empty = not known.
    """
    walk = _Walk({(span.trace_id, span.span_id): span for span in spans}, cluster_id)
    rows: list[SpanCause] = []
    handed_on: dict[SpanKey, Counter[str]] = defaultdict(Counter)
    for key, span in walk.spans.items():
        if span.sends and span.system not in _KAFKA:
            continue
        if span.kind == "client" and not span.system:
            continue  # a call to a database or another service: nothing is sent to Kafka under it
        consumption = _nearest(walk, span.parent if span.sends else key)
        if consumption is None:
            continue
        rows.extend(_rows(span, consumption))
        if (
            span.kind == "producer"
            and span.topic
            and consumption.span.hands_on
            and span.operation != "create"
        ):
            handler = consumption.span
            handed_on[handler.trace_id, handler.span_id][span.topic] += max(1, span.batch_size)
    for key, topics in handed_on.items():
        rows.extend(_handed_on(walk, key, topics))
    return rows


def _rows(span: SpanRow, consumption: _Consumption) -> Iterator[SpanCause]:
    topic, partition, offset, products = "", _UNKNOWN, _UNKNOWN, 0
    if span.sends and span.topic:
        topic, products = span.topic, max(1, span.batch_size)
        if _UNKNOWN not in (span.partition, span.offset) and products == 1:
            # Before the broker acknowledges, a partition is the client's guess: it counts beside an offset only.
            partition, offset = span.partition, span.offset
    for handled in consumption.handled:
        if handled.name != span.name:
            yield _row(span.name, topic, partition, offset, span.service, products, handled, consumption)


def _handed_on(walk: _Walk, key: SpanKey, topics: Mapping[str, int]) -> Iterator[SpanCause]:
    """A handler that sends with the context of what it read: the topic tells its records from that one."""
    consumption = walk.found.get(key)
    if consumption is None or consumption.span.parent is None or len(consumption.handled) != 1:
        return
    handler = consumption.span
    context = span_name(*consumption.span.parent)
    for topic, products in topics.items():
        if topic != handler.topic:
            yield _row(
                context,
                topic,
                _UNKNOWN,
                _UNKNOWN,
                handler.service,
                products,
                consumption.handled[0],
                consumption,
            )


def _row(
    effect_name: str,
    topic: str,
    partition: int,
    offset: int,
    service: str,
    products: int,
    handled: _Handled,
    consumption: _Consumption,
) -> SpanCause:
    return SpanCause(
        effect_name=effect_name,
        effect_topic=topic,
        effect_partition=partition,
        effect_offset=offset,
        effect_service=service,
        products=products,
        cause_name=handled.name,
        cause_context=handled.context,
        cause_topic=handled.topic,
        cause_partition=handled.partition,
        cause_offset=handled.offset,
        choices=consumption.choices,
        consumer_name=consumption.span.name,
        handled_time=consumption.span.end_time,
    )


def _nearest(walk: _Walk, key: SpanKey | None) -> _Consumption | None:
    """Return the first consumption from `key` upwards; None where the chain ends, breaks or closes before one."""
    path: list[SpanKey] = []
    passed: set[SpanKey] = set()
    result: _Consumption | None = None
    while key is not None and key not in passed:
        if key in walk.found:
            result = walk.found[key]
            break
        span = walk.spans.get(key)
        if span is None:
            break
        path.append(key)
        passed.add(key)
        result = _consumption(walk, span)
        if result is not None:
            break
        key = span.parent
    for key in path:
        walk.found[key] = result
    return result


def _consumption(walk: _Walk, span: SpanRow) -> _Consumption | None:
    """Return what this span handled; None where it is no handler of records of this cluster."""
    if not _handles(span) or (walk.cluster_id and span.cluster_id not in ("", walk.cluster_id)):
        return None
    parent = walk.spans.get(span.parent) if span.parent else None
    count = max(len(span.links) + span.links_missing, span.batch_size, 1)
    if count == 1 and _has_place(span.topic, span.partition, span.offset):
        return _Consumption(span, (_at_place(span, _context_read(span, parent)),))
    if span.links:
        handled = dict.fromkeys(filter(None, (_linked(span, link) for link in span.links)))
        if count > CHOICES_MAX:
            return _Consumption(span)
        return _Consumption(span, tuple(handled), max(count, len(handled)))
    return _by_parent(span, parent, count)


def _handles(span: SpanRow) -> bool:
    """Whether it stands for receiving or processing Kafka records."""
    if span.system not in _KAFKA or span.sends or span.operation == "settle":
        return False
    return span.kind == "consumer" or span.operation in _HANDLING


def _by_parent(span: SpanRow, parent: SpanRow | None, count: int) -> _Consumption | None:
    if parent is not None and not parent.sends and parent.service == span.service:
        # Work of the service's own around it: a poll may be among it; else nobody says what was read.
        return None if _handles(parent) else _Consumption(span)
    if span.parent is None or count > CHOICES_MAX:
        return _Consumption(span)
    read = _Handled(span_name(*span.parent), topic=span.topic, partition=span.partition)
    return _Consumption(span, (read,), count)


def _linked(span: SpanRow, link: SpanLink) -> _Handled | None:
    topic = link.topic or span.topic
    partition = link.partition if link.partition != _UNKNOWN else span.partition
    context = span_name(link.trace_id, link.span_id) if link.trace_id and link.span_id else ""
    if _has_place(topic, partition, link.offset):
        return _Handled(
            coordinates_name(topic, partition, link.offset), context, topic, partition, link.offset
        )
    return _Handled(context, "", topic, link.partition) if context else None


def _at_place(span: SpanRow, context: str) -> _Handled:
    name = coordinates_name(span.topic, span.partition, span.offset)
    return _Handled(name, context, span.topic, span.partition, span.offset)


def _context_read(span: SpanRow, parent: SpanRow | None) -> str:
    """Return the name that the record must have which was read, where it is sure; it guards against other clusters."""
    if len(span.links) == 1 and span.links[0].trace_id and span.links[0].span_id:
        return span_name(span.links[0].trace_id, span.links[0].span_id)
    if span.links or span.parent is None or parent is None or parent.kind != "producer":
        return ""
    return parent.name


def _has_place(topic: str, partition: int, offset: int) -> bool:
    return bool(topic) and _UNKNOWN not in (partition, offset)


def rows_to_spans(rows: Sequence[Mapping[str, object]]) -> list[SpanRow]:
    """Return spans from rows of the query `spans_of_traces`."""
    return [_span(dict(row)) for row in rows]


def _span(row: dict[str, object]) -> SpanRow:
    columns = [
        row.pop(f"link_{name}") for name in ("trace_ids", "span_ids", "topics", "partitions", "offsets")
    ]
    links = tuple(SpanLink(*values) for values in zip(*columns, strict=True))
    return SpanRow(**row, links=links)  # type: ignore[arg-type]
