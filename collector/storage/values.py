"""Values on their way to a query and back: parameters as ClickHouse reads them, columns as we read them."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

_INLINE_LENGTH_MIN = 8_192
"""Longer parameters travel inside the statement: ClickHouse refuses form fields over 128 KiB and long URLs."""

_QUERY_BYTES_SPARE = 65_536
_ESCAPES = str.maketrans({"\\": "\\\\", "'": "\\'", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": "\\0"})


def bind(sql: str, params: Mapping[str, Any]) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Return `sql`, the parameters that travel beside it, and the settings that it needs.

    A parameter whose text is long becomes a literal of its declared type in `sql`; the literal is a single
    quoted string that the store casts, so no value is ever read as SQL. Raises ValueError for a naive date-time.
    """
    beside: dict[str, Any] = {}
    for name, value in params.items():
        literal = _text(value) if isinstance(value, list | tuple) else ""
        if len(literal) < _INLINE_LENGTH_MIN:
            beside[name] = _plain(value)
        else:
            sql = _inline(sql, name, literal)
    length = len(sql.encode())
    settings = {"max_query_size": length + _QUERY_BYTES_SPARE} if length > _INLINE_LENGTH_MIN else {}
    return sql, beside, settings


def _inline(sql: str, name: str, literal: str) -> str:
    quoted = "'" + literal.translate(_ESCAPES) + "'"
    pattern = re.compile(r"\{\s*" + re.escape(name) + r"\s*:\s*([^{}]+?)\s*\}")
    return pattern.sub(lambda found: f"CAST({quoted} AS {found[1]})", sql)


def _plain(value: Any) -> Any:
    """Return what clickhouse-connect formats rightly: it would cut the milliseconds off a date-time."""
    match value:
        case datetime():
            return _time_text(value)
        case list():
            return [_plain(item) for item in value]
        case tuple():
            return tuple(_plain(item) for item in value)
        case _:
            return value


def _text(value: Any) -> str:
    """Return `value` in ClickHouse's text form, as it stands inside arrays and tuples."""
    match value:
        case None:
            text = "NULL"
        case bool():
            text = "true" if value else "false"
        case int() | float():
            text = repr(value)
        case str():
            text = "'" + value.translate(_ESCAPES) + "'"
        case datetime():
            text = f"'{_time_text(value)}'"
        case tuple():
            text = "(" + ",".join(_text(item) for item in value) + ")"
        case list() if set(map(type, value)) == {int}:
            text = repr(value)
        case list():
            text = "[" + ",".join(map(_text, value)) + "]"
        case _:
            raise ValueError(f"a {type(value).__name__} cannot be part of a parameter")
    return text


def _time_text(value: datetime) -> str:
    if value.tzinfo is None:
        raise ValueError("a date-time parameter needs a time zone: it would be read in the store's")
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def as_rows(
    names: Sequence[str], types: Sequence[str], columns: Sequence[Sequence[Any]]
) -> list[dict[str, Any]]:
    """Return one dict per row. Text arrives as bytes; see `_decoded`."""
    read = [
        _decoded_column(column) if "String" in kind else column
        for kind, column in zip(types, columns, strict=True)
    ]
    return [dict(zip(names, row, strict=True)) for row in zip(*read, strict=True)]


def _decoded_column(column: Sequence[Any]) -> list[Any]:
    try:
        return [value.decode() for value in column]  # all of it text: nearly always, and a tenth of the time
    except (AttributeError, UnicodeDecodeError):
        return [_decoded(value) for value in column]


def _decoded(value: Any) -> Any:
    """Return text where it is valid UTF-8, else the raw bytes: nothing is lost or mistaken for something else."""
    match value:
        case bytes():
            try:
                return value.decode()
            except UnicodeDecodeError:
                return value
        case list():
            return [_decoded(item) for item in value]
        case tuple():
            return tuple(_decoded(item) for item in value)
        case dict():
            return {_decoded(key): _decoded(item) for key, item in value.items()}
        case _:
            return value


def as_text_where_valid(table: pa.Table) -> pa.Table:
    """Return `table` with binary columns as text, but for those that hold something else than UTF-8."""
    for index, column in enumerate(table.schema):
        wanted = _text_type(column.type)
        if wanted != column.type:
            try:
                table = table.set_column(index, column.name, table.column(index).cast(wanted))
            except pa.ArrowInvalid:
                continue
    return table


def _text_type(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_binary(kind):
        return pa.string()
    if pa.types.is_list(kind):
        return pa.list_(_text_type(kind.value_type))
    return kind
