"""From picked header values to facts: context, identity, causes, origin. Pure, a column at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from collector.decode import columns
from collector.decode.columns import Note, Values
from collector.decode.conventions import Meaning
from collector.decode.conventions.read_values import pathway
from collector.decode.plan import Pick
from collector.decode.read_contexts import ContextColumns, conventions_used, own_parents, read_contexts
from collector.decode.read_copies import Copies, read_copies
from collector.errors import RecordError
from schemas.records import SPAN_NAME_PREFIX, message_name

_ATTEMPTS_MAX = 2**31 - 1
_NOT_TEXT = frozenset({Meaning.TRACE_CONTEXT, Meaning.PATHWAY})


@dataclass
class HeaderFacts:
    """What the headers of many records say, one row a record. Text columns are null where nothing is said."""

    trace_id: pa.StringArray
    span_id: pa.StringArray
    parent_span_id: pa.StringArray
    trace_convention: pa.StringArray
    message_id: pa.StringArray
    source: pa.StringArray
    service: pa.StringArray
    service_version: pa.StringArray
    type: pa.StringArray
    correlation_id: pa.StringArray
    conversation_id: pa.StringArray
    reply_id: pa.StringArray
    content_type: pa.StringArray
    schema_id: pa.StringArray
    origin: pa.StringArray
    failed_group: pa.StringArray
    exception: pa.StringArray
    exception_message: pa.StringArray
    attempt: npt.NDArray[np.uint32]  # 0 = not said
    pathway_hash: npt.NDArray[np.uint64]  # 0 = not said
    pathway_start_ms: npt.NDArray[np.int64]
    dead_letter: pa.BooleanArray
    names: pa.ListArray
    reference_names: pa.ListArray
    reference_relations: pa.ListArray
    reference_evidences: pa.ListArray


def read_headers(
    picks: Sequence[Pick], picked: Sequence[Values], topics: pa.DictionaryArray, note: Note
) -> HeaderFacts:
    """Return the facts of records that share `picks`.

    `picked` has one column per pick, `topics` names each record's topic, `note(row, what)` is told of what
    could not be understood. An unreadable header costs its own fact and nothing else.
    """
    count = len(topics)
    said = _Said(picks, picked, count, note)
    contexts = read_contexts(picks, picked, count, note)
    copies = read_copies(picks, picked, topics, note)
    trace_id = columns.first_of([context.trace_id for context in contexts], count)
    span_id = columns.first_of([context.span_id for context in contexts], count)
    source, is_original = said.first(Meaning.SOURCE), pc.is_null(copies.origin)
    references = [*said.causes(), *_context_references(contexts, span_id, count)]
    names, relations, evidences = _reference_lists(references, copies, count)
    hashes, starts_ms = _pathways(picks, picked, count, note)
    return HeaderFacts(
        trace_id=trace_id,
        span_id=span_id,
        parent_span_id=own_parents(contexts, trace_id, span_id, count),
        trace_convention=conventions_used(contexts, count),
        message_id=said.first(Meaning.MESSAGE_ID),
        source=source,
        service=columns.first_of(
            [said.first(Meaning.SERVICE), *(context.service for context in contexts), _service_of(source)],
            count,
        ),
        service_version=said.first(Meaning.SERVICE_VERSION),
        type=said.first(Meaning.TYPE),
        correlation_id=said.first(Meaning.CORRELATION_ID),
        conversation_id=said.first(Meaning.CONVERSATION_ID),
        reply_id=said.first(Meaning.REPLY_ID),
        content_type=said.first(Meaning.CONTENT_TYPE),
        schema_id=said.first(Meaning.SCHEMA_ID),
        origin=copies.origin,
        failed_group=columns.without(said.first(Meaning.FAILED_GROUP), is_original),
        exception=columns.without(said.first(Meaning.EXCEPTION), is_original),
        exception_message=columns.without(said.first(Meaning.EXCEPTION_MESSAGE), is_original),
        attempt=_attempts(picks, picked, count, note),
        pathway_hash=hashes,
        pathway_start_ms=starts_ms,
        dead_letter=pc.fill_null(pc.equal(copies.relation, "dead_lettered"), False),
        names=columns.lists([*said.own_names(), _span_names(trace_id, span_id)], count),
        reference_names=names,
        reference_relations=relations,
        reference_evidences=evidences,
    )


@dataclass(frozen=True)
class _Reference:
    name: pa.StringArray  # null where a record makes no such claim
    evidence: str


@dataclass(frozen=True)
class _Text:
    namespace: str
    column: pa.StringArray


class _Said:
    """Headers that are read as text, by what they mean, in order of precedence."""

    def __init__(self, picks: Sequence[Pick], picked: Sequence[Values], count: int, note: Note) -> None:
        self._count = count
        self._texts: dict[Meaning, list[_Text]] = {}
        for pick, values in zip(picks, picked, strict=True):
            if pick.header.number is None and pick.meaning not in _NOT_TEXT:
                text = _Text(pick.header.namespace, _read_text(pick, values, note))
                self._texts.setdefault(pick.meaning, []).append(text)

    def first(self, meaning: Meaning) -> pa.StringArray:
        """Return what the first convention says that says anything; an id with a namespace if there is no other."""
        texts = sorted(self._texts.get(meaning, ()), key=lambda text: bool(text.namespace))
        return columns.first_of([text.column for text in texts], self._count)

    def own_names(self) -> list[pa.StringArray]:
        """Return the names that effects may use for these records."""
        return [_id_names(text) for text in _distinct(self._texts.get(Meaning.MESSAGE_ID, []), [])]

    def causes(self) -> list[_Reference]:
        """Return references to causes. Some frameworks start a chain by naming the message itself: no cause."""
        own = self._texts.get(Meaning.MESSAGE_ID, [])
        causes = _distinct(self._texts.get(Meaning.CAUSATION_ID, []), own)
        return [_Reference(_id_names(cause), "header") for cause in causes]


def _distinct(texts: Sequence[_Text], others: Sequence[_Text]) -> list[_Text]:
    """Return the texts without what an earlier one of the same namespace, or one of `others`, says too."""
    found = []
    for place, text in enumerate(texts):
        column = text.column
        for same in [*others, *texts[:place]]:
            if same.namespace == text.namespace:
                column = columns.without(column, pc.equal(text.column, same.column))
        found.append(_Text(text.namespace, column))
    return found


def _id_names(text: _Text) -> pa.StringArray:
    return columns.prefixed(message_name("", text.namespace), text.column)


def _read_text(pick: Pick, values: Values, note: Note) -> pa.StringArray:
    column = columns.excerpt if pick.meaning is Meaning.EXCEPTION_MESSAGE else columns.text
    read = pick.header.text
    if read is None:
        return column(values)
    found: list[bytes | None] = []
    for row, value in enumerate(values.to_pylist()):
        try:
            text = None if value is None else read(value)
        except ValueError:
            note(row, RecordError.HEADER_UNREADABLE)
            text = None
        found.append(None if text is None else text.encode("utf-8", "backslashreplace"))
    return column(pa.array(found, pa.binary()))


def _span_names(trace_id: pa.StringArray, span_id: pa.StringArray) -> pa.StringArray:
    return columns.prefixed(SPAN_NAME_PREFIX, pc.binary_join_element_wise(trace_id, span_id, "-"))


def _context_references(
    contexts: list[ContextColumns], own_span: pa.StringArray, count: int
) -> list[_Reference]:
    """Where a producer appended its context to headers that it had read, the one before names the cause.

    Traceparents come newest first. The first one that differs from the record's own is that of the record that
    was read; still earlier ones belong to its ancestors.
    """
    appended = [context for context in contexts if context.convention == "w3c-trace-context"]
    if len(appended) < 2:
        return []
    before = columns.nulls(count)
    for context in appended[1:]:
        name = columns.without(
            _span_names(context.trace_id, context.span_id), pc.equal(context.span_id, own_span)
        )
        before = pc.coalesce(before, name)
    return [_Reference(before, "context")]


def _reference_lists(references: list[_Reference], copies: Copies, count: int) -> list[pa.ListArray]:
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


def _attempts(
    picks: Sequence[Pick], picked: Sequence[Values], count: int, note: Note
) -> npt.NDArray[np.uint32]:
    attempts = np.zeros(count, dtype=np.uint32)
    for pick, values in zip(picks, picked, strict=True):
        if pick.meaning is not Meaning.ATTEMPT or pick.header.number is None:
            continue
        for row, value in enumerate(values.to_pylist()):
            if value is None or attempts[row]:
                continue
            try:
                attempts[row] = min(max(pick.header.number(value), 0), _ATTEMPTS_MAX)
            except ValueError:
                note(row, RecordError.HEADER_UNREADABLE)
    return attempts


def _pathways(
    picks: Sequence[Pick], picked: Sequence[Values], count: int, note: Note
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
    hashes, starts_ms = np.zeros(count, dtype=np.uint64), np.zeros(count, dtype=np.int64)
    for pick, values in zip(picks, picked, strict=True):
        if pick.meaning is not Meaning.PATHWAY:
            continue
        for row, value in enumerate(values.to_pylist()):
            if value is None or hashes[row]:
                continue
            try:
                found = pathway(value)
                hashes[row], starts_ms[row] = found.hash, found.start_ms
            except (ValueError, OverflowError):
                note(row, RecordError.HEADER_UNREADABLE)
    return hashes, starts_ms


def _service_of(source: pa.StringArray) -> pa.StringArray:
    """Return the service that a source names: the last part of a path, URN or URI that says something."""
    encoded = source.dictionary_encode()
    services = [_last_part(value) for value in encoded.dictionary.to_pylist()]
    return pa.array(services, pa.string()).take(encoded.indices)


def _last_part(source: str) -> str | None:
    path = source.partition("?")[0].partition("#")[0]
    parts = [part for part in path.replace(":", "/").split("/") if part]
    return parts[-1] if parts else None
