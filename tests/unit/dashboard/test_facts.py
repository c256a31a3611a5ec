"""Facts of an event as HTML that holds no markup of the wire."""

from dashboard.facts import Header, headers_of, headers_table, table
from dashboard.looks import PALETTE, UNKNOWN_COLOUR, service_colour


def _hex(*values: bytes | None) -> list[str | None]:
    return [None if value is None else value.hex() for value in values]


def test_headers_keep_their_order_duplicates_bytes_and_nulls() -> None:
    found = headers_of(
        {
            "header_names_hex": _hex(b"a", b"a", b"bin", b"none", b"empty", b"token", b"\xff"),
            "header_values_hex": _hex(b"1", b"2", b"\xff\x00", None, b"", b"***", b"x"),
        }
    )

    assert found == [
        Header("a", "1", ""),
        Header("a", "2", ""),
        Header("bin", "ff 00", "not UTF-8, 2 bytes in hexadecimal"),
        Header("none", "", "null"),
        Header("empty", "", "empty"),
        Header("token", "***", "masked before it was stored"),
        Header("ff", "x", "name is not UTF-8, in hexadecimal"),
    ]


def test_markup_in_headers_is_escaped() -> None:
    shown = headers_table([Header("<b>", '"><img src=x onerror=alert(1)>', "")])

    assert "<img" not in shown
    assert "<b>" not in shown


def test_many_headers_are_cut_and_counted() -> None:
    assert "and 50 more headers" in headers_table([Header("h", "v", "")] * 250)


def test_a_fact_without_a_value_has_no_line() -> None:
    assert table([("Type", ""), ("Topic", "t")]).count("<tr>") == 1


def test_a_service_has_one_colour_and_an_unknown_one_has_none_of_them() -> None:
    assert service_colour("payments") == service_colour("payments")
    assert service_colour("") == UNKNOWN_COLOUR
    assert UNKNOWN_COLOUR not in PALETTE
