"""aiokafka's fetch loop with bytes that it cannot decode: nothing good may be lost around them."""

import struct
from collections.abc import Iterable
from typing import Any

import pytest
from aiokafka import TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from collector.consume.fetched_batches import _FetchedBytes, _PartitionBatches
from collector.decode.raw_batches import BrokenBatch, RawBatch, unpack
from tests.support.wire import RawRecord, encode_batch

PLACE = TopicPartition("orders", 0)


def at_offset(batch: bytes, base_offset: int) -> bytes:
    return struct.pack(">q", base_offset) + batch[8:]


def log_of(batches: Iterable[list[RawRecord]]) -> bytes:
    fetched, offset = b"", 0
    for batch in batches:
        fetched += at_offset(encode_batch(batch), offset)
        offset += len(batch)
    return fetched


def handed_over(fetched: bytes, *, fetch_offset: int = 0, read_committed: int = 1) -> tuple[list[Any], int]:
    """Unpack a fetch as aiokafka does; return what it holds and the position after it."""
    found = _PartitionBatches(
        PLACE, _FetchedBytes(fetched), [], fetch_offset, None, None, True, read_committed
    )
    return list(found), found.next_fetch_offset


def unpacked(fetched: bytes, *, fetch_offset: int = 0) -> tuple[list[Any], int]:
    """Return the records of a fetch, a BrokenBatch for what cannot be read, and the position after them."""
    items, position = handed_over(fetched, fetch_offset=fetch_offset)
    found: list[Any] = []
    for item in items:
        if isinstance(item, RawBatch):
            records, hole = unpack(item)
            found += [*records, *([hole] if hole else [])]
        else:
            found.append(item)
    return found, position


def test_records_come_whole_and_in_order() -> None:
    record = RawRecord(
        b"{}", b"key", ((b"a", b"1"), (b"a", None), (b"", b"\xff")), timestamp_ms=1_700_000_000_123
    )

    found, position = unpacked(log_of([[record, record], [record]]))

    assert [(r.offset, r.timestamp, r.timestamp_type, r.key, r.value) for r in found] == [
        (offset, 1_700_000_000_123, 0, b"key", b"{}") for offset in range(3)
    ]
    assert [list(r.headers) for r in found] == [[("a", b"1"), ("a", None), ("", b"\xff")]] * 3
    assert position == 3


HEADER_KEYS = st.sampled_from([b"good", b"\xff\xfe", "schön".encode(), b"", b"\xed\xa0\x80"])
RAW_RECORDS = st.builds(
    RawRecord,
    value=st.none() | st.binary(max_size=10),
    key=st.none() | st.binary(max_size=4),
    headers=st.lists(st.tuples(HEADER_KEYS, st.none() | st.binary(max_size=6)), max_size=3).map(tuple),
    timestamp_ms=st.integers(0, 2**41),
)


@given(st.lists(st.lists(RAW_RECORDS, min_size=1, max_size=4), max_size=4), st.integers(0, 5))
def test_every_record_is_handed_over_byte_by_byte(batches: list[list[RawRecord]], fetch_offset: int) -> None:
    found, position = unpacked(log_of(batches), fetch_offset=fetch_offset)

    sent = [record for batch in batches for record in batch]
    assert [
        (
            r.offset,
            r.timestamp,
            r.key,
            r.value,
            tuple((key.encode("utf-8", "surrogateescape"), value) for key, value in r.headers),
        )
        for r in found
    ] == [
        (offset, record.timestamp_ms, record.key, record.value, record.headers)
        for offset, record in enumerate(sent)
        if offset >= fetch_offset
    ]
    assert position == max(fetch_offset, len(sent))


GOOD = RawRecord(b"{}", b"good")


def test_a_batch_with_a_wrong_checksum_is_fetched_again_and_then_left_behind() -> None:
    damaged = bytearray(log_of([[GOOD], [GOOD, GOOD], [GOOD]]))
    start = len(encode_batch([GOOD]))
    damaged[start + 8 + 4 + 4 + 1] ^= 0xFF

    first, second = (unpacked(bytes(damaged)) for _ in range(2))
    third, position = unpacked(bytes(damaged))

    assert [record.offset for record in first[0]] == [record.offset for record in second[0]] == [0]
    assert first[1] == second[1] == 1
    assert [type(found) is BrokenBatch for found in third] == [False, True, False]
    assert third[1] == BrokenBatch(1, 3, "checksum does not match")
    assert (third[2].offset, position) == (3, 4)


@pytest.mark.parametrize("header_key", [b"fine", b"\xff"], ids=["text", "no text"])
def test_a_batch_with_a_damaged_structure_is_left_behind(header_key: bytes) -> None:
    from aiokafka.record.util import calc_crc32c

    batch = bytearray(encode_batch([RawRecord(b"x" * 20, headers=((header_key, b"v"),))]))
    batch[61 + 5] = 0x7E  # the length of the key: far beyond the record
    batch[17:21] = struct.pack(">I", calc_crc32c(bytes(batch[21:])))
    fetched = at_offset(bytes(batch), 70) + at_offset(encode_batch([GOOD]), 71)

    found, position = unpacked(fetched, fetch_offset=70)

    assert isinstance(found[0], BrokenBatch)
    assert [found[0].offset, found[0].next_offset, found[1].offset, position] == [70, 71, 71, 72]


@pytest.mark.parametrize("codec", [1, 2, 3, 4, 7], ids=["gzip", "snappy", "lz4", "zstd", "no such codec"])
@pytest.mark.parametrize("body", [b"x" * 20, b"\x1f\x8b", b""], ids=["noise", "cut off", "nothing"])
def test_a_batch_that_cannot_be_decompressed_is_left_behind(codec: int, body: bytes) -> None:
    """Found by fuzzing: each codec raises errors of its own."""
    from aiokafka.record.util import calc_crc32c

    batch = bytearray(encode_batch([GOOD])[:61] + body)
    batch[8:12] = struct.pack(">i", len(batch) - 12)
    batch[22] = codec
    batch[17:21] = struct.pack(">I", calc_crc32c(bytes(batch[21:])))
    fetched = at_offset(bytes(batch), 70) + at_offset(encode_batch([GOOD]), 71)

    found, position = unpacked(fetched, fetch_offset=70)

    assert isinstance(found[0], BrokenBatch)
    assert [found[0].offset, found[0].next_offset, found[1].offset, position] == [70, 71, 71, 72]


@pytest.mark.parametrize("length", [b"\xfe\xff\xff\xff\x0f", b"\xff\xff\xff\xff\x0f", b"\x00", b"\x01"])
def test_a_record_that_claims_to_lie_outside_of_its_batch_ends_nothing_but_the_batch(length: bytes) -> None:
    """Found by fuzzing: the compiled reader of numbers follows such a length out of the buffer and crashes."""
    from aiokafka.record.util import calc_crc32c

    record = encode_batch([RawRecord(b"x", headers=((b"\xff", b"v"),))])[61:]
    batch = bytearray(encode_batch([GOOD, GOOD])[:61] + record + length + record[1:])
    batch[8:12] = struct.pack(">i", len(batch) - 12)
    batch[17:21] = struct.pack(">I", calc_crc32c(bytes(batch[21:])))
    fetched = at_offset(bytes(batch), 70) + at_offset(encode_batch([GOOD]), 72)

    found, position = unpacked(fetched, fetch_offset=70)

    assert isinstance(found[-2], BrokenBatch)
    assert (found[-1].offset, found[-1].key, position) == (72, b"good", 73)
