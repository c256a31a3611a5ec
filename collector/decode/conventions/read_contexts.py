"""Trace contexts in their many formats. Each reader returns None for what its format says to ignore."""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from urllib.parse import unquote_to_bytes

from collector.decode.conventions.model import Context
from collector.decode.trace_context import parse_traceparent

_HEX_ID = re.compile(rb"[0-9a-fA-F]{1,32}")
_B3_SINGLE = re.compile(
    rb"([0-9a-f]{16}|[0-9a-f]{32})-([0-9a-f]{16})(?:-[01d](?:-([0-9a-f]{16}))?)?", re.IGNORECASE
)
_X_RAY_ROOT = re.compile(rb"1-([0-9a-f]{8})-([0-9a-f]{24})", re.IGNORECASE)
_DATADOG_TRACE_HIGH = re.compile(rb"(?:^|,)_dd\.p\.tid=([0-9a-f]{16})(?:,|$)")
_UINT64_MAX = 2**64 - 1
_ELASTIC_LENGTH = 29
_SW8_PARTS = 8
_SW8_CONSUMER = re.compile(r"Kafka/([^/]+)/Consumer/.*", re.DOTALL)


def _padded(value: bytes | None, width: int) -> str | None:
    """Return a hex id, left-padded to `width`; None where it is absent, not hex, too long or zero."""
    if value is None or not _HEX_ID.fullmatch(value) or len(value) > width or not value.strip(b"0"):
        return None
    return value.decode().lower().rjust(width, "0")


def _context(trace: bytes | None, span: bytes | None, parent: bytes | None = None) -> Context | None:
    trace_id, span_id = _padded(trace, 32), _padded(span, 16)
    if trace_id is None or span_id is None:
        return None
    return Context(trace_id, span_id, _padded(parent, 16) or "")


def w3c(value: bytes | None) -> Context | None:
    """Read `00-trace-span-flags`: also what .NET calls an activity id."""
    found = parse_traceparent(value)
    return Context(*found) if found else None


def b3_single(value: bytes | None) -> Context | None:
    """Read `trace-span[-sampled[-parent]]`; a lone sampling character carries no ids."""
    match = _B3_SINGLE.fullmatch(value or b"")
    return _context(*match.groups()) if match else None


def b3_multi(trace: bytes | None, span: bytes | None, parent: bytes | None) -> Context | None:
    """Read X-B3-TraceId (16 or 32 hex digits), X-B3-SpanId and X-B3-ParentSpanId."""
    return _context(trace, span, parent)


def jaeger(value: bytes | None) -> Context | None:
    """Read `trace:span:parent:flags`, also with the colons URL-encoded; parent 0 is none."""
    parts = unquote_to_bytes(value or b"").split(b":")
    return _context(parts[0], parts[1], parts[2]) if len(parts) == 4 else None


def x_ray(value: bytes | None) -> Context | None:
    """Read `Root=1-time-id;Parent=span;Sampled=…`, parts in any order, unknown ones ignored."""
    parts = dict(part.strip().partition(b"=")[::2] for part in (value or b"").split(b";"))
    root = _X_RAY_ROOT.fullmatch(parts.get(b"Root", b""))
    return _context(root[1] + root[2], parts.get(b"Parent")) if root else None


def datadog(trace: bytes | None, parent: bytes | None, tags: bytes | None) -> Context | None:
    """Read decimal ids; the high half of a 128-bit trace id is in the tags, in hex."""
    low, span = _decimal_id(trace), _decimal_id(parent)
    if not low or not span:
        return None
    high = _DATADOG_TRACE_HIGH.search(tags or b"")
    return Context((high[1].decode() if high else "0" * 16) + f"{low:016x}", f"{span:016x}")


def _decimal_id(value: bytes | None) -> int | None:
    if value is None or not value.isdigit() or len(value) > 20 or int(value) > _UINT64_MAX:
        return None
    return int(value)


def opentracing(trace: bytes | None, span: bytes | None) -> Context | None:
    """Read ot-tracer-traceid and ot-tracer-spanid in hex."""
    return _context(trace, span)


def instana(trace: bytes | None, span: bytes | None) -> Context | None:
    """Read X_INSTANA_T and X_INSTANA_S in hex."""
    return _context(trace, span)


def elastic_binary(value: bytes | None) -> Context | None:
    """Read 00, then 00 + trace, 01 + span, 02 + flags."""
    if (
        value is None
        or len(value) != _ELASTIC_LENGTH
        or (value[0], value[1], value[18], value[27]) != (0, 0, 1, 2)
    ):
        return None
    return _context(value[2:18].hex().encode(), value[19:27].hex().encode())


def skywalking(value: bytes | None) -> Context | None:
    """Read sw8: eight parts by dashes, texts in Base64. Trace and segment ids are free text, not hex.

    The span is the segment's id and the number of the span in it, by a dot; the service is the sender's.
    """
    parts = (value or b"").split(b"-")
    if len(parts) != _SW8_PARTS or not parts[3].isdigit():
        return None
    try:
        trace, segment, service = (b64decode(parts[place], validate=True).decode() for place in (1, 2, 4))
    except (Base64Error, ValueError):
        return None
    return Context(trace, f"{segment}.{int(parts[3])}", service=service) if trace and segment else None


def skywalking_topics(value: bytes | None) -> tuple[str, ...]:
    """Return the topics that the sender was reading when it sent a record with this sw8; empty where it does not say.

    The parent endpoint of what is sent while records are handled is `Kafka/topic;topic/Consumer/group`
    (skywalking-java, apm-sniffer/apm-sdk-plugin/kafka-plugin).
    """
    parts = (value or b"").split(b"-")
    if len(parts) != _SW8_PARTS:
        return ()
    try:
        endpoint = b64decode(parts[6], validate=True).decode()
    except (Base64Error, ValueError):
        return ()
    match = _SW8_CONSUMER.fullmatch(endpoint)
    return tuple(topic for topic in match[1].split(";") if topic) if match else ()
