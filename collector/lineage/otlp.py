"""A cascade as OTLP spans, for Jaeger, Tempo and their like. Pure.

One cascade becomes one trace, also where its events lie in many: tracing tools draw a tree per trace. An event is the
span of sending it. It hangs below its surest cause and links to all others, each with relation, evidence and
confidence, and to the context that was on the wire, so that the real trace is one click away.

Written as OTLP's JSON (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding): ids in hexadecimal digits,
64-bit numbers as text, enumerations as numbers.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import Any

from collector.lineage.cascade import Cascade
from schemas.records import Edge, Event, EventRef

_PRODUCER, _ERROR = 4, 2  # of opentelemetry.proto.trace.v1: SPAN_KIND_PRODUCER, STATUS_CODE_ERROR
_TRACE_ID_DIGITS, _SPAN_ID_DIGITS = 32, 16
_HEX = frozenset("0123456789abcdef")
_Facts = dict[str, str | float | bool | None]
_UNKNOWN_SERVICE = "unknown_service"  # what OpenTelemetry says where no service is named


def otlp_document(read: Cascade, name: str) -> dict[str, Any]:
    """Return an ExportTraceServiceRequest as JSON; `name` is what the cascade was asked by.

    The ids are made of `name` and the events' places: the same cascade exported twice is the same trace.
    """
    trace_id = _digits(f"cascade {name}", _TRACE_ID_DIGITS)
    by_service: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for event in read.events.values():
        by_service[event.service or _UNKNOWN_SERVICE].append(_span(read, event, trace_id))
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": _attributes({"service.name": service})},
                "scopeSpans": [{"scope": {"name": "headwater"}, "spans": spans}],
            }
            for service, spans in by_service.items()
        ]
    }


def _span(read: Cascade, event: Event, trace_id: str) -> dict[str, Any]:
    edges = sorted(
        (read.graph.edges[cause, event.ref]["edge"] for cause in read.graph.predecessors(event.ref)),
        key=lambda edge: (edge.confidence, read.events[edge.cause].time, edge.cause),
        reverse=True,
    )
    parent = edges[0] if edges else None
    effects = (read.events[ref].time for ref in read.graph.successors(event.ref))
    return {
        "traceId": trace_id,
        "spanId": _span_id(event.ref),
        **({"parentSpanId": _span_id(parent.cause)} if parent else {}),
        "name": f"send {event.ref.topic}",
        "kind": _PRODUCER,
        "startTimeUnixNano": _nanoseconds(event.time),
        "endTimeUnixNano": _nanoseconds(max([event.time, *effects])),
        "attributes": _attributes(_facts(event) | (_edge_facts(parent) if parent else {})),
        "links": [
            *({"traceId": trace_id, "spanId": _span_id(edge.cause), "attributes": _attributes(_edge_facts(edge))}
              for edge in edges[1:]),
            *_wire_link(event),
        ],
        "status": {"code": _ERROR, "message": "dead letter"} if event.dead_letter else {},
    }  # fmt: skip


def _facts(event: Event) -> _Facts:
    """Return what the semantic conventions for messaging name, and what they do not."""
    return {
        "messaging.system": "kafka",
        "messaging.operation.type": "send",
        "messaging.destination.name": event.ref.topic,
        "messaging.destination.partition.id": str(event.ref.partition),
        "messaging.kafka.offset": event.ref.offset,
        "messaging.kafka.message.key": event.key,
        "messaging.message.id": event.message_id or None,
        "messaging.message.conversation_id": event.correlation_id or None,
        "headwater.event": str(event.ref),
        "headwater.type": event.type or None,
        "headwater.dead_letter": event.dead_letter,
    }


def _edge_facts(edge: Edge) -> _Facts:
    return {
        "headwater.cause": str(edge.cause),
        "headwater.relation": edge.relation,
        "headwater.evidence": edge.evidence,
        "headwater.confidence": edge.confidence,
        "headwater.reason": edge.name if edge.evidence == "inferred" else None,
    }


def _wire_link(event: Event) -> Iterable[dict[str, Any]]:
    """Yield a link to the span that sent it, where its context has the form of the W3C's."""
    if _is_id(event.trace_id, _TRACE_ID_DIGITS) and _is_id(event.span_id, _SPAN_ID_DIGITS):
        facts: _Facts = {"headwater.link": "the context on the wire"}
        yield {"traceId": event.trace_id, "spanId": event.span_id, "attributes": _attributes(facts)}


def _is_id(text: str, digits: int) -> bool:
    return len(text) == digits and _HEX.issuperset(text) and text.strip("0") != ""


def _span_id(ref: EventRef) -> str:
    return _digits(f"event {ref}", _SPAN_ID_DIGITS)


def _digits(text: str, count: int) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:count]


def _nanoseconds(time: datetime) -> str:
    return str(round(time.timestamp() * 1000) * 1_000_000)


def _attributes(facts: _Facts) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in facts.items() if value is not None]


def _value(value: str | float | bool) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    return {"doubleValue": value} if isinstance(value, float) else {"stringValue": value}
