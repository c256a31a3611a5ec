"""New structures of payloads, in words per field."""

from datetime import UTC, datetime, timedelta
from typing import Any

from dashboard.changes import changes

START = datetime(2026, 11, 23, tzinfo=UTC)


def _shape(minute: int, *paths: str, type_: str = "Order") -> dict[str, Any]:
    return {
        "topic": "orders", "type": type_, "shape_id": minute, "paths": list(paths), "first_partition": 1,
        "first_offset": minute, "first_time": START + timedelta(minutes=minute),
    }  # fmt: skip


def test_a_new_field_and_a_new_type_are_said() -> None:
    found = changes(
        [_shape(0, "qty:integer", "sku:string"), _shape(5, "qty:string", "site:null", "sku:string")]
    )

    assert [change.said for change in found] == [("qty: integer → string", "+ site (null)")]
    assert str(found[0].first) == "orders/1/5"


def test_the_first_structure_of_a_type_is_no_change() -> None:
    assert changes([_shape(0, "a:string"), _shape(1, "b:string", type_="Refund")]) == []


def test_an_absent_optional_field_is_no_change_and_neither_is_its_return() -> None:
    assert (
        changes([_shape(0, "a:string", "b:string"), _shape(1, "a:string"), _shape(2, "a:string", "b:string")])
        == []
    )


def test_the_newest_change_comes_first() -> None:
    found = changes([_shape(0, "a:string"), _shape(1, "a:string", "b:null"), _shape(2, "a:string", "c:null")])

    assert [change.said for change in found] == [("+ c (null)",), ("+ b (null)",)]


def test_a_path_with_colons_keeps_them() -> None:
    assert changes([_shape(0, "a:string"), _shape(1, "urn:x:string")])[0].said == ("+ urn:x (string)",)
