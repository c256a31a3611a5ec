"""`headwater edges`: every known cause and effect, for other tools."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from collector.commands.show import moment, opened_store
from collector.errors import SettingsError

if TYPE_CHECKING:
    import pyarrow as pa

    from collector.storage.api import Store

COLUMNS = ("cause", "effect", "relation", "evidence", "confidence", "latency_ms")
_PAGE_EDGES_MAX = 200_000
_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)
_END = datetime(2262, 1, 1, tzinfo=UTC)  # the last year that DateTime64 can compare


class Format(StrEnum):
    """How edges are written."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"


def edges(
    since: Annotated[
        str | None, typer.Option(help="15m, 2h, 7d, or a date-time: effects from then on.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Effects before then.")] = None,
    form: Annotated[Format, typer.Option("--format", help="How to write them.")] = Format.JSONL,
    out: Annotated[
        Path | None, typer.Option(help="File to write; standard output where none is given.")
    ] = None,
    store: Annotated[
        str | None, typer.Option(help="embedded:DIR or http(s)://user:password@host/database")
    ] = None,
) -> None:
    """Write cause, effect, relation, evidence, confidence and latency_ms of every edge."""
    now = datetime.now(UTC)
    if form is Format.PARQUET and out is None and sys.stdout.isatty():
        raise SettingsError("Parquet is not for a terminal. Give a file with --out.")
    with opened_store(store) as opened:
        tables = _tables(opened, moment(since, now) or _BEGIN, moment(until, now) or _END)
        _write(tables, form, out)


def _tables(store: "Store", since: datetime, until: datetime) -> Iterator["pa.Table"]:
    """Yield the edges page by page, so that memory holds one page at a time."""
    for row in store.query("edges_topics"):
        place = {"after_partition": -1, "after_offset": -1}
        span = {"topic": row["topic"], "since": since, "until": until, "edges_max": _PAGE_EDGES_MAX}
        while (page := store.query_arrow("edges_export", {**span, **place})).num_rows:
            yield page.select(list(COLUMNS))
            last = page.slice(page.num_rows - 1).to_pylist()[0]
            place = {"after_partition": last["effect_partition"], "after_offset": last["effect_offset"]}


def _write(tables: Iterator["pa.Table"], form: Format, out: Path | None) -> None:
    import pyarrow as pa
    from pyarrow import csv, parquet

    schema = pa.schema(
        [(name, pa.float64() if name in ("confidence", "latency_ms") else pa.string()) for name in COLUMNS]
    )
    with ExitStack() as stack:
        sink: BinaryIO = stack.enter_context(out.open("wb")) if out else sys.stdout.buffer
        if form is Format.CSV:
            # Arrow would put quotes around the names of the columns.
            sink.write((",".join(COLUMNS) + "\n").encode())
            plain = csv.WriteOptions(include_header=False, quoting_style="needed")
            writer = stack.enter_context(csv.CSVWriter(sink, schema, write_options=plain))
        elif form is Format.PARQUET:
            writer = stack.enter_context(parquet.ParquetWriter(sink, schema))
        for table in tables:
            if form is Format.JSONL:
                _write_lines(table, sink)
            else:
                writer.write_table(table.cast(schema))


def _write_lines(table: "pa.Table", sink: BinaryIO) -> None:
    import msgspec

    encode = msgspec.json.Encoder().encode_lines
    sink.write(encode(table.to_pylist()))
