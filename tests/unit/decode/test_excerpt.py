"""What a failure said is kept short, legible, and only where it is not masked."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from collector.decode import columns
from collector.decode.conventions import CONVENTIONS, Convention, Header, Meaning
from tests.support.records import Record, decoded

ORIGIN = [
    ("__connect.errors.topic", b"orders"),
    ("__connect.errors.partition", b"0"),
    ("__connect.errors.offset", b"7"),
]


@given(st.lists(st.none() | st.binary(max_size=9_000) | st.text(max_size=3_000).map(str.encode), max_size=5))
def test_any_bytes_become_short_text(values: list[bytes | None]) -> None:
    found = columns.excerpt(pa.array(values, pa.binary())).to_pylist()

    assert [text is None for text in found] == [not value for value in values]
    for text, value in zip(found, values, strict=True):
        if text is not None and value is not None:
            assert len(text) <= columns.EXCERPT_CHARACTERS_MAX
            assert "\x00" not in text
            assert (
                text == value.decode("utf-8", "backslashreplace").replace("\x00", "\\x00") or text[-1] in "…"
            )


def test_a_message_that_is_longer_than_that_says_so() -> None:
    header = ("__connect.errors.exception.message", "ä".encode() * 5_000)

    message = decoded(Record([*ORIGIN, header]), topic="orders-dlq")["exception_message"]

    assert message == "ä" * (columns.EXCERPT_CHARACTERS_MAX - 1) + "…"


def test_a_masked_message_is_not_read() -> None:
    reason = Convention("in house", "test", (Header("secret-reason", Meaning.EXCEPTION_MESSAGE),))

    row = decoded(
        Record([*ORIGIN, ("secret-reason", b"card 4711")]),
        topic="orders-dlq",
        conventions=(reason, *CONVENTIONS),
    )

    assert row["origin"] == "event:orders/0/7"
    assert (row["exception_message"], row["header_values"][-1]) == ("", b"[redacted]")


def test_without_an_origin_there_is_no_failure_to_tell() -> None:
    assert decoded(Record([("kafka_exception-message", b"card refused")]))["exception_message"] == ""
