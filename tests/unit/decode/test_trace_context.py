"""W3C trace context, against the standard's own rules (section 3.2 and the fixtures that collectors meet)."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.decode.trace_context import parse_traceparent, parse_traceparents

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"
VALID = f"00-{TRACE}-{SPAN}-01".encode()


@pytest.mark.parametrize(
    "value",
    [
        VALID,
        f"00-{TRACE}-{SPAN}-00".encode(),
        f"00-{TRACE}-{SPAN}-03".encode(),
        f"01-{TRACE}-{SPAN}-01".encode(),
        f"01-{TRACE}-{SPAN}-01-what-comes-later".encode(),
        f" {VALID.decode()}\t".encode(),
    ],
    ids=[
        "sampled",
        "not sampled",
        "random flag",
        "later version",
        "later version says more",
        "blanks around",
    ],
)
def test_valid_context_is_read(value: bytes) -> None:
    assert parse_traceparent(value) == (TRACE, SPAN)


def test_short_trace_id_that_was_padded_is_valid() -> None:
    padded = "0000000000000000a3ce929d0e0e4736"

    assert parse_traceparent(f"00-{padded}-{SPAN}-01".encode()) == (padded, SPAN)


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        VALID.upper(),
        f"ff-{TRACE}-{SPAN}-01".encode(),
        f"00-{'0' * 32}-{SPAN}-01".encode(),
        f"00-{TRACE}-{'0' * 16}-01".encode(),
        VALID + b"-more",
        VALID[:-1],
        VALID.replace(b"-", b"_"),
        VALID.replace(b"4", b"g", 1),
        b"\xff" * 55,
    ],
    ids=[
        "null",
        "empty",
        "upper case",
        "version ff",
        "no trace",
        "no span",
        "version 00 says more",
        "short",
        "wrong separators",
        "not hex",
        "not text",
    ],
)
def test_what_the_standard_says_to_ignore_is_ignored(value: bytes | None) -> None:
    assert parse_traceparent(value) is None


HEX = st.text("0123456789abcdef", min_size=16, max_size=16)
CONTEXTS = st.one_of(
    st.builds(lambda a, b, c: f"00-{a}{b}-{c}-01".encode(), HEX, HEX, HEX),
    st.binary(max_size=60),
    st.none(),
    st.just(VALID.upper()),
    st.just(f"00-{'0' * 32}-{SPAN}-01".encode()),
)


@given(st.lists(CONTEXTS))
def test_a_column_reads_as_its_values_do(values: list[bytes | None]) -> None:
    trace_ids, span_ids = parse_traceparents(pa.array(values, pa.binary()))

    expected = [parse_traceparent(value) for value in values]
    found = list(zip(trace_ids.to_pylist(), span_ids.to_pylist(), strict=True))
    assert found == [pair or (None, None) for pair in expected]
