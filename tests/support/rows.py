"""Rows for tests, from as little as a test wants to say."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from schemas.arrow import EVENTS

TIME = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
_DEFAULTS: dict[str, Any] = {
    "topic": "orders",
    "time": TIME,
    "observed_time": TIME,
    "timestamp_type": "create",
    "key": None,
}


def events_table(events: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Return rows for the table `events`: what a mapping does not say is a default, `offset` counts up.

    `references` may be given as a list of (name, relation, evidence) instead of the three parallel columns.
    """
    return pa.Table.from_pylist([_row(index, event) for index, event in enumerate(events)], schema=EVENTS)


def _row(index: int, event: Mapping[str, Any]) -> dict[str, Any]:
    row = {field.name: _empty(field.type) for field in EVENTS} | _DEFAULTS | {"offset": index} | dict(event)
    if "references" in row:
        references = row.pop("references")
        row["reference_names"] = [name for name, _, _ in references]
        row["reference_relations"] = [relation for _, relation, _ in references]
        row["reference_evidences"] = [evidence for _, _, evidence in references]
    unknown = row.keys() - set(EVENTS.names)
    if unknown:
        raise ValueError(f"the table events has no column {', '.join(sorted(unknown))}")
    return {name: _raw(value, EVENTS.field(name).type) for name, value in row.items()}


def _empty(kind: pa.DataType) -> Any:
    if pa.types.is_list(kind):
        return []
    if pa.types.is_integer(kind):
        return 0
    if pa.types.is_boolean(kind):
        return False
    return ""


def _raw(value: Any, kind: pa.DataType) -> Any:
    """Let a test write text where the schema wants bytes."""
    if pa.types.is_list(kind):
        return [_raw(item, kind.value_type) for item in value]
    return value.encode() if pa.types.is_binary(kind) and isinstance(value, str) else value
