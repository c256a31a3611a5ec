"""What the first bytes of a payload say."""

from uuid import UUID

import pytest

from collector.decode.conventions.read_values import confluent_id
from collector.decode.read_payload import cloudevent_headers, read_schema_id
from tests.support.records import Record, decoded

GUID = UUID("0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0")
CLOUDEVENT = b'{"specversion":"1.0","id":"e-1","source":"/a","type":"Paid"'


@pytest.mark.parametrize(
    ("written", "schema_id"),
    [
        (b"\x00\x00\x00\x00\x2a" + b"\x08avro", "confluent:42"),
        (b"\x00\x00\x00\x00\x2a" + b'{"a":1}', "confluent:42"),
        (b"\x00\x00\x00\x00\x2a" + b"\x00" + b"\x08\x01", "confluent:42"),
        (b"\x00\x00\x00\x00\x2a" + b"\x02\x02" + b"\x08\x01", "confluent:42"),
        (b"\x00\x00\x00\x00\x2a" + b"\x04\x02\x04" + b"\x08\x01", "confluent:42"),
        (b"\x00\x00\x00\x2a", ""),
        (b"\x03\x00" + GUID.bytes + b"data", f"glue:{GUID}"),
        (b"\x03\x05" + GUID.bytes + b"\x78\x9c", f"glue:{GUID}"),
        (b"\x03\x04" + GUID.bytes, ""),
        (b"\x03\x00" + GUID.bytes[:15], ""),
        (b"\xc3\x01" + bytes.fromhex("7fc2d3a1b5e40917") + b"body", "avro:1709e4b5a1d3c27f"),
        (b"\xc3\x01" + b"\x01" * 7, ""),
        (b"\xc3\xa4", ""),
    ],
    ids=[
        "Confluent, Avro",
        "Confluent, JSON",
        "Confluent, Protobuf [0]",
        "Confluent, Protobuf [1]",
        "Confluent, Protobuf [1, 2]",
        "too short for Confluent",
        "Glue",
        "Glue, compressed",
        "no compression of Glue",
        "too short for Glue",
        "Avro single object, little-endian",
        "too short for Avro",
        "text",
    ],
)
def test_schema_ids_in_front_of_a_payload(written: bytes, schema_id: str) -> None:
    assert read_schema_id(written) == schema_id
    assert decoded(Record(value=written))["schema_id"] == schema_id


def test_a_schema_id_in_a_header_counts_more() -> None:
    headers = [("__value_schema_id", b"\x01" + GUID.bytes)]

    assert decoded(Record(headers, b"\x00\x00\x00\x00\x2a-"))["schema_id"] == f"confluent-guid:{GUID}"


@pytest.mark.parametrize(
    "indexes",
    [b"\x02", b"\x01\x02", b"\x04\x02", b"\x02\x02\x02", b"\x02\x01", b"\x80", b"\xff" * 12],
    ids=["none", "count below 0", "too few", "too many", "below 0", "does not end", "far too long"],
)
def test_what_is_no_list_of_message_indexes_is_no_schema_id(indexes: bytes) -> None:
    with pytest.raises(ValueError, match=r"not a list|not end"):
        confluent_id(b"\x01" + GUID.bytes + indexes)


@pytest.mark.parametrize("value", [None, b""])
def test_a_tombstone_carries_no_schema(value: bytes | None) -> None:
    row = decoded(Record(value=value))

    assert (row["schema_id"], row["shape_id"], row["errors"]) == ("", 0, [])


@pytest.mark.parametrize(
    "payload",
    [
        CLOUDEVENT,
        CLOUDEVENT[:-7] + b"}",
        CLOUDEVENT.replace(b'"e-1"', b"1") + b"}",
        b'{"note":"\\"specversion\\""}',
        b'{"specversion":"1.0","id":"\xff","source":"/a","type":"t"}',
        b'["specversion"]',
    ],
    ids=["cut off", "no type", "an id that is no text", "only its word", "not UTF-8", "an array"],
)
def test_what_is_no_cloudevent_is_not_read_as_one(payload: bytes) -> None:
    assert cloudevent_headers(payload) == []


def test_attributes_of_a_cloudevent_are_read_as_the_headers_of_binary_mode() -> None:
    assert dict(cloudevent_headers(CLOUDEVENT + b',"datacontenttype":"text/plain","x":null}')) == {
        "ce_specversion": b"1.0",
        "ce_id": b"e-1",
        "ce_source": b"/a",
        "ce_type": b"Paid",
        "content-type": b"text/plain",
    }
