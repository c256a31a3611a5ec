"""What is written comes back as it was, whatever it is. Holds for the embedded store and for a server."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pyarrow as pa
import pytest

from collector.errors import StoreRejectedError
from collector.storage.api import Store
from schemas import arrow
from schemas.records import EventRef
from tests.contract.conftest import Ask
from tests.support.rows import events_table

TIME = datetime(2026, 11, 23, 23, 59, 59, 987_000, tzinfo=UTC)
HOSTILE = [
    "",
    "plain",
    "it's",
    'say "x"',
    "back\\slash",
    "\\N",
    "tab\tline\nreturn\r",
    "nul\0",
    "{a:String}",
    "ünï→😀",
    "%s %(a)s",
]


def test_raw_bytes_nulls_and_duplicates_in_headers_come_back_in_order(store: Store, ask: Ask) -> None:
    names = [b"a", b"a", b"\xff\xfe", b""]
    values = [b"\x00\xff\xc3\x28", None, b"", "grün".encode()]
    rows = events_table([{"header_names": names, "header_values": values, "key": b"\xf0\x00"}])

    store.insert("events", rows, token="t")

    found = ask(store, "SELECT key, header_names, header_values FROM events")
    assert found == [
        {
            "key": b"\xf0\x00",
            "header_names": ["a", "a", b"\xff\xfe", ""],
            "header_values": [b"\x00\xff\xc3\x28", None, "", "grün"],
        }
    ]


def test_the_ends_of_the_number_ranges_and_flags_come_back(store: Store, ask: Ask) -> None:
    event = {
        "offset": 2**64 - 1,
        "partition": 2**32 - 1,
        "shape_id": 2**64 - 1,
        "value_size_bytes": -1,
        "dead_letter": True,
    }

    store.insert("events", events_table([event]), token="t")

    assert ask(store, f"SELECT {', '.join(event)} FROM events") == [event]


def test_times_come_back_aware_in_utc_to_the_millisecond(store: Store, ask: Ask) -> None:
    store.insert("events", events_table([{"time": TIME}]), token="t")

    found = ask(store, "SELECT time, [time] AS times, toDateTime(time) AS whole FROM events")[0]

    assert found["time"] == TIME
    assert found["time"].utcoffset() == timedelta(0)
    assert found["times"] == [TIME]
    assert found["whole"] == TIME.replace(microsecond=0)


def test_times_do_not_depend_on_the_time_zone_of_this_machine(
    store: Store, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    try:
        store.insert("events", events_table([{"time": TIME}]), token="t")
        found = ask(store, "SELECT time FROM events WHERE time = {at:DateTime64(3)}", {"at": TIME})
    finally:
        monkeypatch.undo()
        time.tzset()

    assert found == [{"time": TIME}]


def test_columns_come_back_by_column_with_their_types(store: Store, statements: dict[str, str]) -> None:
    store.insert(
        "events", events_table([{"topic": "a", "key": "k"}, {"topic": "b", "time": TIME}]), token="t"
    )
    statements["columns"] = (
        "SELECT topic, key, offset, time, header_names FROM events WHERE offset >= {o:UInt64}"
    )

    found = store.query_arrow("columns", {"o": 1})
    none = store.query_arrow("columns", {"o": 9})

    assert found.to_pydict() == {
        "topic": ["b"],
        "key": [None],
        "offset": [1],
        "time": [TIME],
        "header_names": [[]],
    }
    assert found.schema.field("time").type == pa.timestamp("ms", "UTC")
    assert found.schema.field("topic").type == pa.string()
    assert (none.num_rows, none.schema.names) == (0, found.schema.names)


def test_a_column_with_other_bytes_than_text_comes_back_as_bytes(
    store: Store, statements: dict[str, str]
) -> None:
    store.insert("events", events_table([{"key": b"\xff", "topic": "a"}]), token="t")
    statements["columns"] = "SELECT key, topic FROM events"

    assert store.query_arrow("columns").to_pydict() == {"key": [b"\xff"], "topic": ["a"]}


def test_no_rows_is_an_empty_list(store: Store, ask: Ask) -> None:
    assert ask(store, "SELECT * FROM events") == []


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_parameter_is_a_value_whatever_is_in_it(store: Store, ask: Ask, text: str) -> None:
    params = {"one": text, "many": [text, "b"], "pairs": [(text, 1)], "maybe": None}

    found = ask(
        store,
        "SELECT {one:String} AS one, {many:Array(String)} AS many, {pairs:Array(Tuple(String, UInt8))} AS pairs, "
        "{maybe:Nullable(String)} AS maybe",
        params,
    )

    assert found == [params]


@pytest.mark.parametrize("text", HOSTILE)
def test_long_lists_of_references_are_values_whatever_is_in_them(store: Store, ask: Ask, text: str) -> None:
    refs = [EventRef(f"topic-{text}-{i % 7}", i % 12, 2**64 - 1 - i) for i in range(5_000)]

    found = ask(
        store,
        "SELECT {refs: Array(Tuple(String, UInt32, UInt64))} AS refs, {n:UInt8} AS n",
        {"refs": refs, "n": 3},
    )

    assert found == [{"refs": [tuple(ref) for ref in refs], "n": 3}]


def test_long_lists_work_in_statements_and_by_columns(store: Store, statements: dict[str, str]) -> None:
    numbers = list(range(100_000))
    statements["sum"] = "SELECT arraySum({numbers:Array(UInt64)}) AS sum"
    statements["note"] = (
        "INSERT INTO collector_errors (observed_time, offset) SELECT now(), arraySum({numbers:Array(UInt64)})"
    )

    store.execute("note", {"numbers": numbers})

    assert store.query_arrow("sum", {"numbers": numbers}).to_pydict() == {"sum": [sum(numbers)]}
    assert store.command("SELECT offset FROM collector_errors") == sum(numbers)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("DateTime64(3, 'UTC')", TIME),
        ("DateTime64(3)", TIME.astimezone(timezone(timedelta(hours=-7)))),
        ("Array(DateTime64(6, 'UTC'))", [TIME, TIME + timedelta(microseconds=1)]),
        ("Bool", True),
        ("Float64", 1.5e-300),
        ("Int64", -(2**63)),
        ("Array(Float64)", [0.1, 1e300]),
        ("Array(Nullable(UInt8))", [1, None]),
        ("Array(Bool)", [True, False]),
        ("Array(String)", []),
    ],
)
def test_parameters_of_every_kind_arrive_as_they_are(store: Store, ask: Ask, kind: str, value: Any) -> None:
    assert ask(store, f"SELECT {{value:{kind}}} AS value", {"value": value}) == [{"value": value}]


def test_a_time_without_a_zone_is_refused_instead_of_guessed(store: Store, ask: Ask) -> None:
    with pytest.raises(StoreRejectedError, match="needs a time zone"):
        ask(store, "SELECT {at:DateTime64(3)}", {"at": TIME.replace(tzinfo=None)})


@pytest.mark.parametrize(
    ("table", "schema"),
    [
        ("events", arrow.EVENTS),
        ("shapes", arrow.SHAPES),
        ("collector_errors", arrow.COLLECTOR_ERRORS),
        ("collector_partitions", arrow.COLLECTOR_PARTITIONS),
        ("collector_status", arrow.COLLECTOR_STATUS),
        ("schema_changes", arrow.SCHEMA_CHANGES),
        ("schemas", arrow.SCHEMAS),
        ("incidents", arrow.INCIDENTS),
        ("incident_changes", arrow.INCIDENT_CHANGES),
        ("incident_acknowledgements", arrow.INCIDENT_ACKNOWLEDGEMENTS),
        ("incident_marks", arrow.INCIDENT_MARKS),
        ("deployments", arrow.DEPLOYMENTS),
        ("alerts", arrow.ALERTS),
        ("spans", arrow.SPANS),
        ("edges", arrow.EDGES),
        ("edge_candidates", arrow.EDGE_CANDIDATES),
    ],
)
def test_what_is_written_has_the_columns_of_its_table(
    store: Store, ask: Ask, table: str, schema: pa.Schema
) -> None:
    described = ask(
        store,
        "SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = {table:String} "
        "AND default_kind != 'MATERIALIZED' ORDER BY position",
        {"table": table},
    )

    assert [(row["name"], _arrow_kind(row["type"])) for row in described] == [
        (field.name, _plain_kind(field.type)) for field in schema
    ]


def _arrow_kind(kind: str) -> str:
    """Return the kind of Arrow column that holds a ClickHouse type; text and raw bytes are one kind there."""
    for wrapper in ("LowCardinality(", "Nullable("):
        kind = kind.replace(wrapper, "").removesuffix(")") if kind.startswith(wrapper) else kind
    if kind.startswith("Array("):
        return f"list of {_arrow_kind(kind.removeprefix('Array(').removesuffix(')'))}"
    return {
        "DateTime64(3, 'UTC')": "timestamp[ms, tz=UTC]",
        "DateTime64(6, 'UTC')": "timestamp[us, tz=UTC]",
        "String": "text",
        "Float64": "double",
        "Float32": "float",
    }.get(kind, kind.lower())


def _plain_kind(kind: pa.DataType) -> str:
    if pa.types.is_list(kind):
        return f"list of {_plain_kind(kind.value_type)}"
    return "text" if kind in (pa.string(), pa.binary()) else str(kind)
