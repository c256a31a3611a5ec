"""How single header values are written on the wire. Pure; every reader raises ValueError for what it cannot read."""

import re
import struct
from base64 import b64decode
from collections.abc import Callable
from urllib.parse import unquote
from uuid import UUID

from collector.decode.conventions.model import Pathway
from schemas.records import EventRef

_CORRELATION_NAMES = frozenset({"correlationid", "xcorrelationid", "xrequestid", "requestid"})
_CONVERSATION_NAMES = frozenset({"conversationid"})
_NOT_COUNTED = str.maketrans("", "", "-_.")
_LISTENER = re.compile(
    r"Listener (?:method '[^\n]*?' threw exception|failed); (?:nested exception is (?:[\w.$]+: )?)?(?=\S)"
)


def big_endian(value: bytes) -> int:
    """Read a signed big-endian number of any length."""
    if not value or len(value) > 16:
        raise ValueError("not a number")
    return int.from_bytes(value, "big", signed=True)


def decimal_text(value: bytes) -> int:
    """Read a number written as decimal digits."""
    if not value.isdigit() or len(value) > 19:
        raise ValueError("not decimal digits")
    return int(value)


def before_colon(value: bytes) -> str:
    """Read the class of a Java exception from `class: message`, as Throwable.toString writes it."""
    return value.decode("utf-8", "backslashreplace").partition(":")[0].strip()


def without_listener(value: bytes) -> str:
    """Read the message of a failure without what Spring puts before it, which listener failed.

    Spring's own exception wraps the one that says why: `Listener method '…' threw exception; not paid`.
    """
    message = value.decode("utf-8", "backslashreplace")
    wrapper = _LISTENER.match(message)
    return message[wrapper.end() :] if wrapper else message


def baggage_correlation(value: bytes) -> str | None:
    """Read the correlation id among the members of a W3C baggage; None where it has none."""
    return _baggage_member(value, _CORRELATION_NAMES)


def baggage_conversation(value: bytes) -> str | None:
    """Read the conversation id among the members of a W3C baggage; None where it has none."""
    return _baggage_member(value, _CONVERSATION_NAMES)


def _baggage_member(value: bytes, names: frozenset[str]) -> str | None:
    """Return what the first member says that is called by one of `names`; `-`, `_` and `.` in its name do not count.

    Members are `name=value;property`, separated by commas, with values in percent-encoded UTF-8.
    """
    for member in value.decode("utf-8", "backslashreplace").split(","):
        name, _, said = member.partition(";")[0].partition("=")
        if said.strip() and name.strip().lower().translate(_NOT_COUNTED) in names:
            return unquote(said.strip(), errors="replace")
    return None


def last_path_part(value: bytes) -> str:
    """Read the name at the end of a URI such as `kafka://topic/orders`."""
    return value.decode("utf-8", "backslashreplace").rstrip("/").rpartition("/")[2]


def place_topic(value: bytes) -> str:
    """Read the topic of `topic/partition/offset`. Raises ValueError for anything else."""
    return _place(value).topic


def place_partition(value: bytes) -> int:
    """Read the partition of `topic/partition/offset`. Raises ValueError for anything else."""
    return _place(value).partition


def place_offset(value: bytes) -> int:
    """Read the offset of `topic/partition/offset`. Raises ValueError for anything else."""
    return _place(value).offset


def _place(value: bytes) -> EventRef:
    ref = EventRef.parse(value.decode("ascii"))
    if ref is None:
        raise ValueError("not a place")
    return ref


def uuid_or_text(value: bytes) -> str:
    """Read 16 raw bytes as a UUID, anything else as text: Spring lets applications choose any bytes."""
    return (
        str(UUID(bytes=value))
        if len(value) == 16 and not value.isascii()
        else value.decode("utf-8", "backslashreplace")
    )


def confluent_id(value: bytes) -> str:
    """Read a schema id header of Confluent: 0x01 and a GUID, or 0x00 and a 4-byte id.

    What follows is there for Protobuf only: which message of the schema this is, as the places of the message
    and of those around it. They are part of the id, so that two messages of one file are told apart: `…/1.0`.
    """
    if value[:1] == b"\x01" and len(value) >= 17:
        return f"confluent-guid:{UUID(bytes=value[1:17])}{_message_place(value[17:])}"
    if value[:1] == b"\x00" and len(value) >= 5:
        return f"confluent:{int.from_bytes(value[1:5], 'big')}{_message_place(value[5:])}"
    raise ValueError("neither a GUID nor an id")


def _message_place(indexes: bytes) -> str:
    """Read Protobuf message indexes: their count and they themselves, as zigzag varints; a lone 0 means [0]."""
    if not indexes:
        return ""
    count, position = _zigzag(indexes, 0)
    places = [] if count else [0]
    for _ in range(count):
        place, position = _zigzag(indexes, position)
        places.append(place)
    if count < 0 or min(places) < 0 or position != len(indexes):
        raise ValueError("not a list of message indexes")
    return "/" + ".".join(map(str, places))


def _zigzag(blob: bytes, position: int) -> tuple[int, int]:
    """Return a number written as zigzag base 128, and the position behind it."""
    number = shift = 0
    for place, byte in enumerate(blob[position : position + 10], position):
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return (number >> 1) ^ -(number & 1), place + 1
    raise ValueError("a number does not end")


def apicurio_id(kind: str) -> Callable[[bytes], str]:
    """Return a reader of an 8-byte Apicurio id; `kind` is global or content."""

    def read(value: bytes) -> str:
        if len(value) != 8:
            raise ValueError("not 8 bytes")
        return f"apicurio-{kind}:{int.from_bytes(value, 'big')}"

    return read


def azure_content_type(value: bytes) -> str | None:
    """Read the schema id that Azure's Avro serializer puts behind the content type; None for other types."""
    kind, _, schema = value.decode().partition("+")
    return f"azure:{schema}" if kind == "avro/binary" and schema else None


def prefixed(prefix: str) -> Callable[[bytes], str]:
    """Return a reader that puts `prefix:` before the text."""

    def read(value: bytes) -> str:
        return f"{prefix}:{value.decode()}"

    return read


def pathway(value: bytes) -> Pathway:
    """Read a Datadog pathway: 8 bytes of little-endian hash, then zigzag varints of its start and edge start in ms.

    Under the older key the blob is sometimes raw and sometimes Base64.
    """
    blob = b64decode(value, validate=True) if value.isascii() and len(value) % 4 == 0 else value
    if len(blob) < struct.calcsize("<Q") + 1:
        raise ValueError("too short for a pathway")
    return Pathway(struct.unpack_from("<Q", blob)[0], _zigzag(blob, 8)[0])
