"""Trace contexts of many records, a column per convention."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from collector.decode import columns
from collector.decode.columns import Note, Values
from collector.decode.conventions import Context, Convention, Meaning
from collector.decode.plan import Pick
from collector.decode.trace_context import parse_traceparents
from collector.errors import RecordError


@dataclass(frozen=True)
class ContextColumns:
    """Contexts read by one convention; null where a record has none of it."""

    convention: str
    trace_id: pa.StringArray
    span_id: pa.StringArray
    parent_span_id: pa.StringArray
    service: pa.StringArray


def read_contexts(
    picks: Sequence[Pick], picked: Sequence[Values], count: int, note: Note
) -> list[ContextColumns]:
    """Return the contexts in order of precedence; of repeated traceparents the last one first."""
    found: list[ContextColumns] = []
    several: dict[str, tuple[Convention, dict[str, Values]]] = {}
    for pick, values in zip(picks, picked, strict=True):
        if pick.meaning is not Meaning.TRACE_CONTEXT:
            continue
        if pick.convention.context is None:
            trace_id, span_id = parse_traceparents(values)
            nothing = columns.nulls(count)
            found.append(ContextColumns(pick.convention.name, trace_id, span_id, nothing, nothing))
            _note_invalid(values, trace_id, note)
        else:
            several.setdefault(pick.convention.name, (pick.convention, {}))[1][pick.header.key] = values
    found.extend(_read_together(convention, values, count) for convention, values in several.values())
    return found


def _read_together(convention: Convention, values: dict[str, Values], count: int) -> ContextColumns:
    read = convention.context
    if read is None:
        raise ValueError(f"{convention.name} has no reader of contexts")
    keys = [header.key for header in convention.headers if header.meaning is Meaning.TRACE_CONTEXT]
    nothing: list[bytes | None] = [None] * count
    rows = zip(*(values[key].to_pylist() if key in values else nothing for key in keys), strict=True)
    contexts: list[Context | None] = [read(*row) for row in rows]
    trace_ids, span_ids, parents, services = zip(
        *(context or (None,) * 4 for context in contexts), strict=True
    )
    # Null, not empty, where a format does not say: something else on the record may.
    texts = [
        pa.array([text or None for text in column], pa.string())
        for column in (trace_ids, span_ids, parents, services)
    ]
    return ContextColumns(convention.name, *texts)


def _note_invalid(values: Values, trace_id: pa.StringArray, note: Note) -> None:
    if trace_id.null_count:
        invalid = pc.and_(values.is_valid(), trace_id.is_null())
        for row in np.flatnonzero(invalid.to_numpy(zero_copy_only=False)):
            note(int(row), RecordError.TRACE_CONTEXT_INVALID)


def conventions_used(contexts: Sequence[ContextColumns], count: int) -> pa.StringArray:
    """Return by which convention each record's own context was read."""
    names = [
        columns.without(columns.constant(context.convention, count), pc.is_null(context.trace_id))
        for context in contexts
    ]
    return columns.first_of(names, count)


def own_parents(
    contexts: Sequence[ContextColumns], trace_id: pa.StringArray, span_id: pa.StringArray, count: int
) -> pa.StringArray:
    """Return the parents of these spans: contexts on one record may disagree, and then each has its own."""
    parents = []
    for context in contexts:
        differs = pc.or_(pc.not_equal(context.trace_id, trace_id), pc.not_equal(context.span_id, span_id))
        parents.append(columns.without(context.parent_span_id, differs))
    return columns.first_of(parents, count)
