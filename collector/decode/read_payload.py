"""What a payload says: a schema id in front, its shape, or that it is a CloudEvent with its attributes inside."""

from uuid import UUID

import msgspec
import numpy as np

from collector.decode.shape import NO_SHAPE, ShapeReader
from collector.errors import RecordError

_CONFLUENT_LENGTH = 5
_GLUE_LENGTH = 18
_SINGLE_OBJECT_LENGTH = 10
_JSON_BEGINS = (b"{", b"[")
SCHEMA_MARKS = frozenset(b"\x00\x03\xc3")

PayloadFacts = tuple[int, str, bool, RecordError | None]
"""Shape id, schema id, whether it is a CloudEvent in structured mode, and what is wrong with it."""

NOTHING: PayloadFacts = (NO_SHAPE, "", False, None)


class PayloadReader:
    """Reads payloads, with their shapes or without."""

    def __init__(self, shapes: ShapeReader | None) -> None:
        self._shapes = shapes
        self.read = self._read_first_bytes if shapes is None else self._read_structure
        """Return what the payload says; it must not be empty. Takes the topic first."""
        self.reads = np.zeros(256, dtype=np.bool_)
        """By first byte: of payloads that begin with any other nothing can be told."""
        self.reads[[*SCHEMA_MARKS, *b"{["]] = True

    @staticmethod
    def _read_first_bytes(_topic: str, payload: bytes) -> PayloadFacts:
        """Read what can be told without taking the payload apart."""
        if payload[0] in SCHEMA_MARKS:
            return NO_SHAPE, read_schema_id(payload), False, None
        return NO_SHAPE, "", is_cloudevent(payload), None

    def _read_structure(self, topic: str, payload: bytes) -> PayloadFacts:
        shapes = self._shapes
        if shapes is None:
            raise ValueError("there is nothing to read structures with")
        if payload[0] in SCHEMA_MARKS:
            return _shape_behind_mark(shapes, topic, payload), read_schema_id(payload), False, None
        try:
            shape = shapes.read(topic, payload)
        except ValueError:
            return NO_SHAPE, "", False, RecordError.PAYLOAD_NOT_JSON
        return shape, "", shape in shapes.cloudevents, None


def _shape_behind_mark(shapes: ShapeReader, topic: str, payload: bytes) -> int:
    """Return the shape of JSON behind a schema id. Avro and Protobuf stand there too: anything else is no mistake."""
    if payload[0] == 0 and payload[_CONFLUENT_LENGTH : _CONFLUENT_LENGTH + 1] in _JSON_BEGINS:
        start = _CONFLUENT_LENGTH
    elif payload[0] == 3 and payload[_GLUE_LENGTH : _GLUE_LENGTH + 1] in _JSON_BEGINS and payload[1] == 0:
        start = _GLUE_LENGTH
    else:
        return NO_SHAPE
    try:
        return shapes.read(topic, payload[start:])
    except ValueError:
        return NO_SHAPE


def read_schema_id(payload: bytes) -> str:
    """Return the schema id in front of a payload, empty where there is none.

    A zero byte in front is weak evidence: binary payloads may begin so. Only a registry can confirm the id. Where
    the schema is a Protobuf one, message indexes follow. Here nothing tells them from the first bytes of Avro data,
    and to guess would turn data into schema ids: they are left out. (In a header they are known, and read.)
    """
    if payload[0] == 0 and len(payload) >= _CONFLUENT_LENGTH:
        return f"confluent:{int.from_bytes(payload[1:5], 'big')}"
    if payload[0] == 3 and len(payload) >= _GLUE_LENGTH and payload[1] in (0, 5):
        return f"glue:{UUID(bytes=payload[2:18])}"
    if payload[:2] == b"\xc3\x01" and len(payload) >= _SINGLE_OBJECT_LENGTH:
        return f"avro:{int.from_bytes(payload[2:10], 'little'):016x}"
    return ""


class _Attributes(msgspec.Struct):
    """Attributes of a structured CloudEvent that are read; what else the JSON holds is skipped unread."""

    specversion: str
    id: str
    source: str
    type: str
    causationid: str | None = None
    correlationid: str | None = None
    dataschema: str | None = None
    datacontenttype: str | None = None
    traceparent: str | None = None


_decode = msgspec.json.Decoder(_Attributes).decode
_SEARCHED_BYTES = 4096
_BRACE = ord("{")
_HEADER_NAMES = {"datacontenttype": "content-type"}


def is_cloudevent(payload: bytes) -> bool:
    """Tell whether a payload may be a CloudEvent in structured mode: JSON that names its specversion early."""
    return payload[0] == _BRACE and payload.find(b'"specversion"', 0, _SEARCHED_BYTES) >= 0


def cloudevent_headers(payload: bytes) -> list[tuple[str, bytes]]:
    """Return the attributes of a CloudEvent in structured mode as the headers of binary mode; none for other JSON.

    Dapr's records are read by this too: their trace context is in the body.
    """
    if not is_cloudevent(payload):
        return []
    try:
        attributes = msgspec.structs.asdict(_decode(payload))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []
    return [
        (_HEADER_NAMES.get(name, f"ce_{name}"), value.encode("utf-8", "surrogatepass"))
        for name, value in attributes.items()
        if value
    ]
