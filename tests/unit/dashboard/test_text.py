"""Wire text becomes readable and harmless; numbers and times read as a person says them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.text import (
    ago,
    bytes_text,
    clock,
    code_text,
    duration,
    escaped,
    many,
    rate,
    size,
    stamp,
    visible,
)

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@given(st.text())
def test_no_control_or_direction_character_survives(text: str) -> None:
    shown = visible(text, 10_000)

    assert all(character.isprintable() for character in shown)
    assert not set(shown) & set("\u202a\u202b\u202d\u202e\u2066\u2067\u200b\ufeff\x1b\n")


@given(st.text())
def test_escaped_text_holds_no_markup(text: str) -> None:
    inside = escaped(text, 10_000).removeprefix("<bdi>").removesuffix("</bdi>")

    assert not set(inside) & set("<>\"'")


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain", "plain"),
        ("Zürich 東京 שלום", "Zürich 東京 שלום"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\r\nb\tc", "a\\r\\nb\\tc"),
        ("\u202egnirts", "⟨U+202E⟩gnirts"),
        ("x" * 300, "x" * 240 + "…"),
        ("", ""),
    ],
)
def test_visible(raw: str, shown: str) -> None:
    assert visible(raw) == shown


def test_bytes_that_are_no_text_are_hexadecimal() -> None:
    assert bytes_text(b"\xff\x00\x01") == ("ff 00 01", True)
    assert bytes_text("Grüße".encode()) == ("Grüße", False)
    assert bytes_text(b"") == ("", False)
    assert bytes_text(b"\xff" * 9, limit=12) == ("ff ff ff ff …", True)


def test_code_text_cannot_leave_its_backticks() -> None:
    assert "`" not in code_text("a`b``c")


@pytest.mark.parametrize(
    ("ms", "said"),
    [
        (0, "0 ms"), (0.25, "0.2 ms"), (12, "12 ms"), (999, "999 ms"), (1_500, "1.50 s"), (42_000, "42.0 s"),
        (59_960, "1 min"), (250_000, "4 min 10 s"), (7_500_000, "2 h 5 min"), (273_600_000, "3 d 4 h"), (-40, "-40 ms"),
    ],
)  # fmt: skip
def test_duration(ms: float, said: str) -> None:
    assert duration(ms) == said


@pytest.mark.parametrize(
    ("per_minute", "said"),
    [(0, "0/min"), (0.24, "0.2/min"), (84, "84/min"), (6_000, "100/s"), (0.02, "<0.1/min")],
)
def test_rate(per_minute: float, said: str) -> None:
    assert rate(per_minute) == said


def test_size_count_and_times() -> None:
    assert [size(value) for value in (12, 2_048, 3 * 2**20, 5 * 2**40)] == [
        "12 B",
        "2.0 KiB",
        "3.0 MiB",
        "5.0 TiB",
    ]
    assert [many(1, "retry", "retries"), many(1_204, "event")] == ["1 retry", "1,204 events"]
    assert ago(NOW - timedelta(minutes=12, seconds=30), NOW) == "12 min ago"
    assert ago(NOW + timedelta(seconds=2), NOW) == "0 s ago"
    assert clock(NOW - timedelta(hours=1), NOW) == "09:00"
    assert clock(NOW - timedelta(days=1), NOW) == "22 Nov 10:00"
    assert stamp(NOW) == "2026-11-23 10:00:00.000 UTC"
