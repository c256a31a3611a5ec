"""Records read by whole columns are the records read one by one, whatever is on the wire."""

import struct
from typing import Any

import pytest
from aiokafka.codec import gzip_encode, lz4_encode, snappy_encode, zstd_encode
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.decode.key_sequences import KEY_BYTES_MAX
from collector.decode.locate import HEADERS_MAX
from collector.decode.raw_batches import RawBatch, unpack
from collector.decode.read_records import RecordColumns
from tests.support.records import NOW_MS, Record, as_batches, record_columns
from tests.unit.decode.test_read_records import KEYS, RECORDS, VALUES

CODECS = {1: gzip_encode, 2: snappy_encode, 3: lz4_encode, 4: zstd_encode}
HEADER_BYTES, CODEC_AT = 61, 22
CLOUDEVENT = b'{"specversion":"1.0","id":"e-2","source":"/checkout","type":"Paid","causationid":"e-1"}'


def compressed(batch: RawBatch, codec: int) -> RawBatch:
    if not codec:
        return batch
    content = bytearray(batch.content[:HEADER_BYTES] + CODECS[codec](batch.content[HEADER_BYTES:]))
    content[CODEC_AT] |= codec
    return RawBatch(bytes(content), batch.first_offset)


def rows(columns: RecordColumns) -> list[dict[str, Any]]:
    table = columns.table(1)
    table.validate(full=True)
    return sorted(
        table.to_pylist(), key=lambda row: (row["topic"], row["partition"], row["offset"], repr(row))
    )


def read_by_columns(batches: list[tuple[str, int, RawBatch]]) -> RecordColumns:
    columns = record_columns()
    for topic, partition, batch in batches:
        columns.add_batch(topic, partition, batch, NOW_MS)
    return columns


def read_one_by_one(batches: list[tuple[str, int, RawBatch]]) -> RecordColumns:
    columns = record_columns()
    for topic, partition, batch in batches:
        records, hole = unpack(batch)
        columns.add(topic, partition, records, NOW_MS)
        columns.broken += [(topic, partition, hole)] if hole else []
    return columns


MANY_HEADERS = st.integers(HEADERS_MAX - 1, HEADERS_MAX + 2).map(
    lambda count: Record([(f"h{number}", b"v") for number in range(count)])
)
LONG_KEYS = st.integers(KEY_BYTES_MAX - 1, KEY_BYTES_MAX + 1).map(lambda size: Record([("k" * size, b"v")]))
PAYLOADS = st.sampled_from(
    [
        b'{"a":1}',
        b"[1]",
        b"[1",
        b"text",
        b'\x00\x00\x00\x00\x07{"a":1}',
        b"\x00\x00\x00\x00\x07\x02",
        CLOUDEVENT,
        b"",
    ]
)
ANY_RECORDS = (
    RECORDS
    | st.builds(Record, headers=st.lists(st.tuples(KEYS, VALUES), max_size=4), value=PAYLOADS)
    | MANY_HEADERS
    | LONG_KEYS
)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["orders", "orders-dlt"]),
            st.integers(0, 1),
            st.lists(ANY_RECORDS, min_size=1, max_size=9),
            st.lists(st.integers(1, 3), min_size=9, max_size=9),
            st.integers(0, 4),
            st.integers(0, 3),
        ),
        max_size=4,
    )
)
def test_any_batches_read_the_same_both_ways(
    sent: list[tuple[str, int, list[Record], list[int], int, int]],
) -> None:
    batches = []
    for topic, partition, records, gaps, codec, skipped in sent:
        offset, placed = 0, []
        for record, gap in zip(records, gaps, strict=False):
            offset += gap  # compaction leaves gaps
            placed.append(Record(**{**vars(record), "offset": offset}))
        for batch in as_batches(placed):
            packed = compressed(batch, codec)
            batches.append((topic, partition, RawBatch(packed.content, packed.first_offset + skipped)))

    found, expected = read_by_columns(batches), read_one_by_one(batches)

    assert rows(found) == rows(expected)
    assert found.broken == expected.broken == []


@given(
    st.lists(ANY_RECORDS, min_size=1, max_size=6),
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=4),
)
def test_damage_costs_the_same_both_ways_and_never_the_batch_behind(
    records: list[Record], damage: list[tuple[int, int]]
) -> None:
    numbered = [
        Record(**{**vars(record), "offset": place, "timestamp_type": 0})
        for place, record in enumerate(records)
    ]
    (batch,) = as_batches(numbered)
    content = bytearray(batch.content)
    for place, byte in damage:
        content[CODEC_AT + place % (len(content) - CODEC_AT)] = byte
    (behind,) = as_batches([Record(offset=10**6, value=b"behind")])
    batches = [("orders", 0, RawBatch(bytes(content), 0)), ("orders", 0, behind)]

    found, expected = read_by_columns(batches), read_one_by_one(batches)

    assert rows(found) == rows(expected)
    assert found.broken == expected.broken
    assert rows(found)[-1]["value_size_bytes"] == len(b"behind") or found.count > 1


@pytest.mark.parametrize(
    "size", [b"\xfe\xff\xff\xff\x0f", b"\xff\xff\xff\xff\x0f", b"\x00", b"\x01", b"\xff" * 11]
)
def test_a_record_that_claims_to_lie_outside_of_its_batch_costs_itself_and_what_follows_it(
    size: bytes,
) -> None:
    (batch,) = as_batches([Record(offset=7), Record(offset=8)])
    body = batch.content[HEADER_BYTES:]
    first = body[: len(body) // 2]
    damaged = RawBatch(batch.content[:HEADER_BYTES] + first + size + first[1:], 7)

    found = read_by_columns([("orders", 0, damaged)])

    assert [row["offset"] for row in rows(found)] == [7]
    ((topic, partition, hole),) = found.broken
    assert (topic, partition, hole.offset, hole.next_offset) == ("orders", 0, 8, 9)


def test_a_batch_that_claims_two_billion_records_does_not_count_as_so_many() -> None:
    (batch,) = as_batches([Record()])
    content = batch.content[: HEADER_BYTES - 4] + struct.pack(">i", 2**31 - 1) + batch.content[HEADER_BYTES:]
    columns = read_by_columns([("orders", 0, RawBatch(content, 0))])

    assert columns.count < 1_000
    assert len(rows(columns)) == 1
    assert len(columns.broken) == 1


@given(
    st.sets(st.integers(0, 1_999), min_size=3, max_size=3),
    st.sampled_from(
        [b'{"id":1,"total":"x"}', b'{"id":1,"total":2.5,"n":1}', b'{"id":1}', b'{"id":[1],"total":2.5}']
    ),
)
@settings(max_examples=8)
def test_a_structure_that_comes_three_times_among_thousands_is_seen_each_time(
    places: set[int], new: bytes
) -> None:
    """Nothing is sampled: a learned structure takes no other for itself, however long it has been the only one."""
    usual = [b'{"id":%d,"total":%d.5}' % (number, number) for number in range(7)]
    records = [
        Record(value=new if place in places else usual[place % 7], offset=place) for place in range(2_000)
    ]

    columns = read_by_columns([("orders", 0, batch) for batch in as_batches(records)])
    found = columns.table(1).select(["offset", "shape_id"]).to_pylist()

    (common,) = {row["shape_id"] for row in found if row["offset"] not in places}
    (seen,) = {row["shape_id"] for row in found if row["offset"] in places}
    assert seen not in (common, 0)
