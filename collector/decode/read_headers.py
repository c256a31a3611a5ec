"""From picked header values to facts: context, identity, causes, origin. Pure, a column at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from collector.decode import columns
from collector.decode.conventions import Meaning
from collector.decode.plan import Pick
from collector.decode.topic_role import copy_relation
from collector.decode.trace_context import parse_traceparents
from collector.errors import RecordError
from schemas.records import coordinates_name

Values = Sequence[bytes | None]
Note = Callable[[int, str], None]
_OFFSET_MAX = 2**63 - 1
_PARTITION_MAX = 2**31 - 1


@dataclass
class HeaderFacts:
    """What the headers of many records say, one row a record. Text columns are null where nothing is said."""

    trace_id: pa.StringArray
    span_id: pa.StringArray
    trace_convention: pa.StringArray
    message_id: pa.StringArray
    source: pa.StringArray
    service: pa.StringArray
    type: pa.StringArray
    correlation_id: pa.StringArray
    content_type: pa.StringArray
    origin: pa.StringArray
    failed_group: pa.StringArray
    exception: pa.StringArray
    dead_letter: pa.BooleanArray
    names: pa.ListArray
    reference_names: pa.ListArray
    reference_relations: pa.ListArray
    reference_evidences: pa.ListArray


def read_headers(
    picks: Sequence[Pick], picked: Sequence[Values], topics: Sequence[str], note: Note
) -> HeaderFacts:
    """Return the facts of records that share `picks`.

    `picked` has one column per pick, `topics` names each record's topic, `note(row, what)` is told of what
    could not be understood. An unreadable header costs its own fact and nothing else.
    """
    count = len(topics)
    by_meaning: dict[Meaning, list[pa.StringArray]] = {}
    for pick, values in zip(picks, picked, strict=True):
        if pick.header.number is None and pick.meaning is not Meaning.TRACE_CONTEXT:
            by_meaning.setdefault(pick.meaning, []).append(columns.text(values))

    def said(meaning: Meaning) -> pa.StringArray:
        return columns.first_of(by_meaning.get(meaning, ()), count)

    contexts = _contexts(picks, picked, note)
    trace_id, span_id, convention = _own_context(contexts, count)
    copies = _copies(picks, picked, topics, note)
    message_ids = by_meaning.get(Meaning.MESSAGE_ID, [])
    references = [
        *_causation_references(by_meaning.get(Meaning.CAUSATION_ID, []), message_ids),
        *_context_references(contexts, span_id, count),
    ]
    names, relations, evidences = _reference_lists(references, copies, count)
    source = said(Meaning.SOURCE)
    return HeaderFacts(
        trace_id=trace_id,
        span_id=span_id,
        trace_convention=convention,
        message_id=said(Meaning.MESSAGE_ID),
        source=source,
        service=pc.coalesce(said(Meaning.SERVICE), _service_of(source)),
        type=said(Meaning.TYPE),
        correlation_id=said(Meaning.CORRELATION_ID),
        content_type=said(Meaning.CONTENT_TYPE),
        origin=copies.origin,
        failed_group=columns.without(said(Meaning.FAILED_GROUP), pc.is_null(copies.origin)),
        exception=columns.without(said(Meaning.EXCEPTION), pc.is_null(copies.origin)),
        dead_letter=pc.fill_null(pc.equal(copies.relation, "dead_lettered"), False),
        names=_own_names(message_ids, trace_id, span_id, count),
        reference_names=names,
        reference_relations=relations,
        reference_evidences=evidences,
    )


@dataclass(frozen=True)
class _Context:
    trace_id: pa.StringArray
    span_id: pa.StringArray
    convention: str


def _contexts(picks: Sequence[Pick], picked: Sequence[Values], note: Note) -> list[_Context]:
    found = []
    for pick, values in zip(picks, picked, strict=True):
        if pick.meaning is not Meaning.TRACE_CONTEXT:
            continue
        context = _Context(*parse_traceparents(values), convention=pick.convention.name)
        found.append(context)
        if context.trace_id.null_count:
            for row, value in enumerate(values):
                if value is not None and not context.trace_id[row].is_valid:
                    note(row, RecordError.TRACE_CONTEXT_INVALID)
    return found


def _own_context(
    contexts: list[_Context], count: int
) -> tuple[pa.StringArray, pa.StringArray, pa.StringArray]:
    return (
        columns.first_of([context.trace_id for context in contexts], count),
        columns.first_of([context.span_id for context in contexts], count),
        columns.first_of(
            [
                columns.without(columns.constant(context.convention, count), pc.is_null(context.trace_id))
                for context in contexts
            ],
            count,
        ),
    )


def _span_names(trace_id: pa.StringArray, span_id: pa.StringArray) -> pa.StringArray:
    return columns.prefixed("span:", pc.binary_join_element_wise(trace_id, span_id, "-"))


def _own_names(
    message_ids: list[pa.StringArray], trace_id: pa.StringArray, span_id: pa.StringArray, count: int
) -> pa.ListArray:
    parts = []
    for place, message_id in enumerate(message_ids):
        name = columns.prefixed("id:", message_id)
        for earlier in message_ids[:place]:
            name = columns.without(name, pc.equal(message_id, earlier))
        parts.append(name)
    return columns.lists([*parts, _span_names(trace_id, span_id)], count)


@dataclass(frozen=True)
class _Reference:
    name: pa.StringArray  # null where a record makes no such claim
    evidence: str


def _causation_references(
    causes: list[pa.StringArray], message_ids: list[pa.StringArray]
) -> list[_Reference]:
    references = []
    for place, cause in enumerate(causes):
        # Some frameworks start a chain by naming the message itself: that is not a cause.
        said = cause
        for same in [*message_ids, *causes[:place]]:
            said = columns.without(said, pc.equal(cause, same))
        references.append(_Reference(columns.prefixed("id:", said), "header"))
    return references


def _context_references(contexts: list[_Context], own_span: pa.StringArray, count: int) -> list[_Reference]:
    """Where a producer appended its context to headers that it had read, the one before names the cause.

    Contexts come newest first. The first one that differs from the record's own is that of the record that
    was read; still earlier ones belong to its ancestors.
    """
    before = columns.nulls(count)
    for context in contexts[1:]:
        name = columns.without(
            _span_names(context.trace_id, context.span_id), pc.equal(context.span_id, own_span)
        )
        before = pc.coalesce(before, name)
    return [_Reference(before, "context")] if len(contexts) > 1 else []


@dataclass(frozen=True)
class _Copies:
    origin: pa.StringArray  # coordinates name; null = not a copy
    relation: pa.StringArray  # null = not a copy


def _copies(picks: Sequence[Pick], picked: Sequence[Values], topics: Sequence[str], note: Note) -> _Copies:
    """Return where each record says that it was copied from; the first convention with a whole answer counts."""
    families: dict[str, dict[Meaning, tuple[Pick, Values]]] = {}
    for pick, values in zip(picks, picked, strict=True):
        families.setdefault(pick.convention.name, {})[pick.meaning] = (pick, values)
    origins: list[str | None] = [None] * len(topics)
    relations: list[str | None] = [None] * len(topics)
    for family in families.values():
        if Meaning.ORIGIN_TOPIC not in family:
            continue
        for row, topic in enumerate(topics):
            origin = _origin(family, row, note) if origins[row] is None else None
            if origin is not None:
                origins[row] = coordinates_name(*origin)
                relations[row] = copy_relation(topic, origin[0])
    return _Copies(pa.array(origins, pa.string()), pa.array(relations, pa.string()))


def _origin(family: dict[Meaning, tuple[Pick, Values]], row: int, note: Note) -> tuple[str, int, int] | None:
    topic = family[Meaning.ORIGIN_TOPIC][1][row]
    if topic is None:
        return None
    try:
        partition = _number(family[Meaning.ORIGIN_PARTITION], row, _PARTITION_MAX)
        offset = _number(family[Meaning.ORIGIN_OFFSET], row, _OFFSET_MAX)
        return topic.decode("ascii"), partition, offset
    except (KeyError, ValueError):
        note(row, RecordError.ORIGIN_UNREADABLE)
        return None


def _number(picked: tuple[Pick, Values], row: int, largest: int) -> int:
    pick, values = picked
    value = values[row]
    if value is None or pick.header.number is None:
        raise ValueError("no number")
    number = pick.header.number(value)
    if not 0 <= number <= largest:
        raise ValueError("out of range")
    return number


def _reference_lists(references: list[_Reference], copies: _Copies, count: int) -> list[pa.ListArray]:
    """Return names, relations and evidences. On a copy every reference takes the copy's relation.

    Copies keep the headers of what they were copied from, so a causation id on a copy may be the origin's:
    linking lets it count only where it leads to the origin or to another copy of it.
    """
    everything = [*references, _Reference(copies.origin, "provenance")]
    present = [reference.name.is_valid() for reference in everything]
    relation = pc.fill_null(copies.relation, "caused")
    return columns.parallel_lists(
        [
            [reference.name for reference in everything],
            [relation for _ in everything],
            [columns.constant(reference.evidence, count) for reference in everything],
        ],
        present,
        count,
    )


def _service_of(source: pa.StringArray) -> pa.StringArray:
    """Return the service that a source names: the last part of a path, URN or URI that says something."""
    encoded = source.dictionary_encode()
    services = [_last_part(value) for value in encoded.dictionary.to_pylist()]
    return pa.array(services, pa.string()).take(encoded.indices)


def _last_part(source: str) -> str | None:
    parts = [
        part
        for part in source.split("?", maxsplit=1)[0].split("#", maxsplit=1)[0].replace(":", "/").split("/")
        if part
    ]
    return parts[-1] if parts else None
