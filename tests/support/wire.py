"""Kafka's record format, written byte by byte: for records that no client library agrees to send."""

import socket
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass

from aiokafka.record.util import calc_crc32c

TIMEOUT_SECONDS = 10
PRODUCE, PRODUCE_VERSION = 0, 3
_NOT_LEADER_YET = (3, 6)  # a topic that was created a moment ago
_MAGIC, _NO_PRODUCER, _LOG_APPEND_TIME = 2, -1, 0x08


@dataclass(frozen=True)
class RawRecord:
    """A record as bytes. A header's key is bytes too, so that it can be what no text is."""

    value: bytes | None
    key: bytes | None = None
    headers: tuple[tuple[bytes, bytes | None], ...] = ()
    timestamp_ms: int = 1_700_000_000_000


def produce_raw(bootstrap: str, topic: str, partition: int, records: Sequence[RawRecord]) -> list[int]:
    """Append `records` as one batch and return their offsets. The topic must exist on a single-node cluster.

    Raises AssertionError with Kafka's error code if the broker refuses the batch.
    """
    request = _with_length(_produce_request(topic, partition, encode_batch(records)))
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while True:
        error, base_offset = _exchange(bootstrap, request, skip=4 + 4 + 2 + len(topic) + 4 + 4)
        if error not in _NOT_LEADER_YET or time.monotonic() > deadline:
            break
        time.sleep(0.05)
    assert error == 0, f"the broker refused the batch with error code {error}"
    return list(range(base_offset, base_offset + len(records)))


def _produce_request(topic: str, partition: int, batch: bytes) -> bytes:
    return (
        struct.pack(">hhih", PRODUCE, PRODUCE_VERSION, 1, -1)  # correlation id 1, no client id
        + struct.pack(">hhi", -1, -1, TIMEOUT_SECONDS * 1000)  # no transaction, acks of all
        + struct.pack(">i", 1)
        + struct.pack(">h", len(topic))
        + topic.encode()
        + struct.pack(">ii", 1, partition)
        + _with_length(batch)
    )


def _exchange(bootstrap: str, request: bytes, *, skip: int) -> tuple[int, int]:
    """Send a Produce request; return (error code, base offset), found after `skip` bytes of the answer."""
    host, _, port = bootstrap.partition(":")
    with socket.create_connection((host, int(port)), timeout=TIMEOUT_SECONDS) as connection:
        connection.sendall(request)
        answer = _read_exactly(connection, struct.unpack(">i", _read_exactly(connection, 4))[0])
    error, base_offset = struct.unpack_from(">hq", answer, skip)
    return error, base_offset


def encode_batch(
    records: Sequence[RawRecord],
    *,
    base_offset: int = 0,
    offset_deltas: Sequence[int] | None = None,
    append_time_ms: int | None = None,
) -> bytes:
    """Return a record batch (magic 2, uncompressed), with create times unless the broker's time is given."""
    base_ms = records[0].timestamp_ms
    newest_ms = max(record.timestamp_ms for record in records) if append_time_ms is None else append_time_ms
    deltas = range(len(records)) if offset_deltas is None else offset_deltas
    body = b"".join(
        _encode_record(delta, base_ms, record) for delta, record in zip(deltas, records, strict=True)
    )
    attributes = 0 if append_time_ms is None else _LOG_APPEND_TIME
    after_crc = (
        struct.pack(">hiqq", attributes, deltas[-1], base_ms, newest_ms)
        + struct.pack(">qhi", _NO_PRODUCER, _NO_PRODUCER, _NO_PRODUCER)
        + struct.pack(">i", len(records))
        + body
    )
    after_length = struct.pack(">ibI", -1, _MAGIC, calc_crc32c(after_crc)) + after_crc
    return struct.pack(">q", base_offset) + _with_length(after_length)


def _encode_record(index: int, base_ms: int, record: RawRecord) -> bytes:
    encoded = b"\0" + _varint(record.timestamp_ms - base_ms) + _varint(index)
    encoded += _sized(record.key) + _sized(record.value) + _varint(len(record.headers))
    encoded += b"".join(_sized(key) + _sized(value) for key, value in record.headers)
    return _varint(len(encoded)) + encoded


def _sized(content: bytes | None) -> bytes:
    return _varint(-1) if content is None else _varint(len(content)) + content


def _varint(number: int) -> bytes:
    """Encode as zigzag base 128, the way records do."""
    number = (number + 2**63) % 2**64 - 2**63  # a difference of two times may leave 64 bits, and wraps there
    rest = (number << 1) ^ (number >> 63)
    encoded = bytearray()
    while rest > 0x7F:
        encoded.append(rest & 0x7F | 0x80)
        rest >>= 7
    encoded.append(rest)
    return bytes(encoded)


def _with_length(content: bytes) -> bytes:
    return struct.pack(">i", len(content)) + content


def _read_exactly(connection: socket.socket, size: int) -> bytes:
    content = b""
    while len(content) < size:
        part = connection.recv(size - len(content))
        assert part, "the broker closed the connection instead of answering"
        content += part
    return content
