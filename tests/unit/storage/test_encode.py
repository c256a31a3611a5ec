"""What is sent to the store is the rows, whole and in order, also where memory is used again."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from collector.storage.encode import SendBuffer, encode

TEXTS = st.lists(st.none() | st.binary(max_size=40), max_size=60)


def table(values: list[bytes | None], cut_at: int = 0) -> pa.Table:
    """Return rows of three kinds of columns, in two chunks."""
    whole = pa.table({
        "number": pa.array(range(len(values)), pa.uint64()),
        "text": pa.array(values, pa.binary()),
        "list": pa.array([[value or b"-"] * (index % 3) for index, value in enumerate(values)], pa.list_(pa.binary())),
    })  # fmt: skip
    cut_at = min(cut_at, len(values))
    return pa.concat_tables([whole.slice(0, cut_at), whole.slice(cut_at)])


@given(TEXTS, st.integers(0, 60))
def test_a_stream_holds_the_rows_as_one_batch(values: list[bytes | None], cut_at: int) -> None:
    rows = table(values, cut_at)

    found = encode(rows)

    batches = list(pa.ipc.open_stream(found.stream))
    assert len(batches) <= 1, "more than one batch would be more than one block"
    assert pa.Table.from_batches(batches, rows.schema).equals(rows.combine_chunks())


@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_memory_that_is_used_again_holds_the_latest_rows_and_nothing_of_others(
    writes: list[list[bytes | None]],
) -> None:
    buffer = SendBuffer()
    for values in writes:
        rows = table(values)
        found = buffer.encode(rows)
        assert found.rows.equals(rows)
        assert pa.ipc.open_stream(found.stream).read_all().equals(rows)


def test_memory_is_taken_once_for_writes_of_much_the_same_size() -> None:
    buffer = SendBuffer()
    rows = table([b"x" * 30] * 10_000)
    before = _address(buffer.encode(rows).stream)

    after = _address(buffer.encode(table([b"y" * 33] * 10_000)).stream)

    assert after == before


def test_rows_that_are_held_lie_in_the_kept_memory() -> None:
    buffer = SendBuffer()

    found = buffer.encode(table([b"x" * 30] * 1_000))

    start = _address(found.stream)
    column = found.rows["text"].chunk(0).buffers()[2]
    assert start <= column.address < start + len(found.stream), (
        "a second copy would double what a write takes"
    )


def _address(stream: memoryview) -> int:
    return int(pa.py_buffer(stream).address)
