"""Shapes: paths and types of a payload, never a value."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.decode.shape import NO_SHAPE, ShapeReader


def shape_of(value: Any) -> tuple[str, ...]:
    reader = ShapeReader()
    return reader.paths[reader.read("t", json.dumps(value).encode())]


def test_a_shape_names_every_path_with_its_type() -> None:
    payload = {
        "id": "ord-1",
        "total": 2.5,
        "count": 3,
        "gift": False,
        "note": None,
        "to": {"zip": "1"},
        "skus": ["a"],
    }

    assert shape_of(payload) == (
        "$:object",
        "count:integer",
        "gift:boolean",
        "id:string",
        "note:null",
        "skus:array",
        "skus[]:string",
        "to.zip:string",
        "to:object",
        "total:number",
    )


def test_items_of_an_array_are_seen_together() -> None:
    assert shape_of([{"a": 1}, {"b": "x"}]) == ("$:array", "[].a:integer", "[].b:string", "[]:object")


def test_member_order_and_array_length_do_not_change_a_shape() -> None:
    reader = ShapeReader()

    assert reader.read("t", b'{"a":1,"b":[1,2,3]}') == reader.read("t", b'{"b":[9],"a":7}')


def test_an_object_with_very_many_members_is_a_map_with_data_as_keys() -> None:
    by_day = {f"day {day}": {"sold": day} for day in range(300)}

    assert shape_of(by_day) == ("$:object", "*.sold:integer", "*:object")


@pytest.mark.parametrize(
    "name",
    [
        "2026-11-23", "2026-11", "2026-11-23T10:00:00Z", "20464", "-1", "12.5", "ord-20464", "SKU-1042",
        "0b5b3b1e-2f0c-4f6e-9a35-0d6d4d7e9a11", "4bf92f3577b34da6a3ce929d0e0e4736", "ada@shop.example",
    ],
)  # fmt: skip
def test_an_object_whose_names_are_data_is_a_map(name: str) -> None:
    assert shape_of({"by": {name: {"sold": 1}}}) == (
        "$:object",
        "by.*.sold:integer",
        "by.*:object",
        "by:object",
    )


@pytest.mark.parametrize(
    "name", ["address_1", "line2", "p95", "sha256", "iso-8601 date", "deadbeefdeadbeef", "id"]
)
def test_names_that_only_look_a_little_like_data_stay_names(name: str) -> None:
    assert f"by.{name}:integer" in shape_of({"by": {name: 1}})


def test_one_name_that_is_no_data_makes_all_of_them_names() -> None:
    assert "by.2026-11-23:integer" in shape_of({"by": {"2026-11-23": 1, "total": 2}})


@pytest.mark.parametrize("payload", [b"", b"plain text", b"42", b"\x00\x01\x02", b"\xff\xfe"])
def test_what_does_not_begin_like_json_has_no_shape(payload: bytes) -> None:
    assert ShapeReader().read("t", payload) == NO_SHAPE


@pytest.mark.parametrize(
    "payload", [b"{", b'{"a":}', b'{"a":1}{"b":2}', b'{"a":"\xff"}', b"[" * 100_000], ids=repr
)
def test_broken_json_is_an_error_that_can_be_counted(payload: bytes) -> None:
    with pytest.raises(ValueError, match="not valid JSON"):
        ShapeReader().read("t", payload)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@given(st.lists(st.dictionaries(st.text(max_size=8), JSON, max_size=5), min_size=1, max_size=8))
def test_equal_shapes_have_equal_ids_and_other_shapes_others(values: list[dict[str, Any]]) -> None:
    reader = ShapeReader()

    ids = {reader.read("t", json.dumps(value).encode()): shape_of(value) for value in values}

    assert ids == {shape_id: reader.paths[shape_id] for shape_id in ids}
    assert len(set(ids.values())) == len(ids)


@given(JSON)
def test_no_value_gets_into_a_shape(value: Any) -> None:
    marked = {"field": ["VALUE-THAT-MUST-NOT-BE-KEPT", value], "other": "VALUE-THAT-MUST-NOT-BE-KEPT"}

    assert not any("MUST-NOT" in path for path in shape_of(marked))


@given(st.lists(JSON, min_size=1, max_size=4), st.lists(st.integers(0, 3), max_size=24))
def test_a_learned_shape_is_the_shape_that_taking_apart_finds(values: list[Any], order: list[int]) -> None:
    """Whole numbers in the place of numbers with decimals are the one liberty that learning takes."""
    payloads = [json.dumps({"v": _decimal(value)}).encode() for value in values]
    reader = ShapeReader()

    for place in order:
        payload = payloads[place % len(payloads)]
        fresh = ShapeReader()
        expected = fresh.paths[fresh.read("t", payload)]
        assert reader.paths[reader.read("t", payload)] == expected


def _decimal(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _decimal(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_decimal(item) for item in value]
    return value + 0.5 if type(value) is int and abs(value) < 2**50 else value


def test_a_whole_number_among_numbers_with_decimals_is_no_other_shape() -> None:
    reader = ShapeReader()
    prices = [reader.read("t", payload) for payload in (b'{"price":1.5}', b'{"price":2.5}', b'{"price":3}')]

    assert len(set(prices)) == 1


def test_a_whole_learned_topic_still_counts_broken_json() -> None:
    reader = ShapeReader()
    for _ in range(3):
        reader.read("t", b'{"a":1}')

    with pytest.raises(ValueError, match="not valid JSON"):
        reader.read("t", b'{"a":1')
