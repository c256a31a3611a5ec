"""Parameters on their way to a statement."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.storage.values import as_rows, as_text_where_valid, bind
from schemas.records import EventRef

SQL = "SELECT {refs:Array(Tuple(String, UInt32, UInt64))}, {n:UInt8}"


def test_short_parameters_travel_beside_the_statement() -> None:
    text, beside, settings = bind(SQL, {"refs": [EventRef("a", 1, 2)], "n": 3})

    assert (text, beside, settings) == (SQL, {"refs": [("a", 1, 2)], "n": 3}, {})


def test_long_lists_travel_inside_it_with_room_for_them() -> None:
    text, beside, settings = bind(SQL, {"refs": [EventRef("a", 1, 2)] * 5_000, "n": 3})

    assert beside == {"n": 3}
    assert text.startswith(r"SELECT CAST('[(\'a\',1,2),(\'a\',1,2),")
    assert text.endswith("]' AS Array(Tuple(String, UInt32, UInt64))), {n:UInt8}")
    assert settings["max_query_size"] > len(text)


@given(st.lists(st.text(), min_size=1, max_size=5))
def test_no_text_in_a_long_list_ends_the_literal_that_it_is_in(texts: list[str]) -> None:
    text, _, _ = bind("SELECT {a:Array(String)} AS a", {"a": [*texts, "x" * 10_000]})

    literal = text.removeprefix("SELECT CAST('").removesuffix("' AS Array(String)) AS a")
    unescaped = literal.replace("\\\\", "").replace("\\'", "")
    assert "'" not in unescaped
    assert "\n" not in literal


def test_only_the_parameter_that_is_meant_is_replaced() -> None:
    long = ["y" * 10_000]

    text, beside, _ = bind(
        "SELECT { a : Array(String) }, {aa:String}, '{b}'", {"a": long, "aa": "{a:Array(String)}"}
    )

    assert text.endswith("' AS Array(String)), {aa:String}, '{b}'")
    assert beside == {"aa": "{a:Array(String)}"}


def test_times_are_written_in_utc_to_the_microsecond() -> None:
    time = datetime(2026, 11, 23, 1, 2, 3, 4005, tzinfo=timezone(timedelta(hours=2)))

    _, beside, _ = bind("", {"at": time, "times": [time], "pair": (time, 1)})
    text, _, _ = bind("{times:Array(DateTime64(6))}", {"times": [time] * 1000})

    written = "2026-11-22 23:02:03.004005"
    assert beside == {"at": written, "times": [written], "pair": (written, 1)}
    assert text.startswith(rf"CAST('[\'{written}\',")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "NULL"),
        (True, "true"),
        (-1, "-1"),
        (1.5, "1.5"),
        ([["a"], []], r"[[\'a\'],[]]"),
        (("a",), r"(\'a\')"),
    ],
)
def test_every_kind_of_value_may_be_in_a_long_list(value: Any, written: str) -> None:
    text, _, _ = bind("{a:T}", {"a": [value, "z" * 10_000]})

    assert text.startswith(f"CAST('[{written},")


def test_what_has_no_text_form_is_refused() -> None:
    with pytest.raises(ValueError, match="a set cannot be part of a parameter"):
        bind("", {"a": [set()]})
    with pytest.raises(ValueError, match="needs a time zone"):
        bind("", {"a": datetime(2026, 1, 1)})


def test_rows_have_text_where_it_is_text_and_bytes_where_not() -> None:
    columns: list[list[Any]] = [
        [b"a", b"\xff"],
        [[b"x", None], []],
        [(b"k", 1), (b"\xfe", 2)],
        [datetime(2026, 1, 1, tzinfo=UTC)] * 2,
    ]
    kinds = ["LowCardinality(String)", "Array(Nullable(String))", "Tuple(String, UInt8)", "DateTime64(3)"]

    rows = as_rows(["a", "b", "c", "d"], kinds, columns)

    time = columns[3][0]
    assert rows == [
        {"a": "a", "b": ["x", None], "c": ("k", 1), "d": time},
        {"a": b"\xff", "b": [], "c": (b"\xfe", 2), "d": time},
    ]


def test_a_fixed_hash_is_left_as_it_is() -> None:
    assert as_rows(["n"], ["UInt128"], [[2**100]]) == [{"n": 2**100}]


def test_columns_become_text_where_all_of_it_is_valid() -> None:
    table = pa.table(
        {
            "a": pa.array([b"a", None], pa.binary()),
            "b": pa.array([b"a", b"\xff"], pa.binary()),
            "c": pa.array([[b"a", None], None], pa.list_(pa.binary())),
            "d": pa.array([[b"\xff"], []], pa.list_(pa.binary())),
            "e": [1, 2],
        }
    )

    found = as_text_where_valid(table)

    assert found.schema.types == [
        pa.string(),
        pa.binary(),
        pa.list_(pa.string()),
        pa.list_(pa.binary()),
        pa.int64(),
    ]
    assert found.to_pydict()["c"] == [["a", None], None]
