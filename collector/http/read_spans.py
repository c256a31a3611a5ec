"""OTLP requests to rows of the table `spans`. Pure; what cannot be a span is counted, never fatal."""

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import pyarrow as pa
from google.protobuf import json_format
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from collector.http.messaging import READ_NAMES, Attribute, Messaging, read_messaging
from schemas import arrow

LINKS_MAX = 1_000  # of one span; SDKs keep 128 unless told otherwise
_TEXT_MAX = 512
_ID_KEYS = {"traceId": 16, "spanId": 8, "parentSpanId": 8, "trace_id": 16, "span_id": 8, "parent_span_id": 8}
_KINDS = {
    Span.SPAN_KIND_INTERNAL: "internal",
    Span.SPAN_KIND_SERVER: "server",
    Span.SPAN_KIND_CLIENT: "client",
    Span.SPAN_KIND_PRODUCER: "producer",
    Span.SPAN_KIND_CONSUMER: "consumer",
}
_TIME_NS_MAX = 4_102_444_800 * 10**9  # the year 2100


def parse_protobuf(body: bytes) -> ExportTraceServiceRequest:
    """Return the request. Raises ValueError for what is none."""
    try:
        return ExportTraceServiceRequest.FromString(body)
    except DecodeError:
        raise ValueError("the body is no ExportTraceServiceRequest") from None


def parse_json(body: bytes) -> ExportTraceServiceRequest:
    """Return the request. Raises ValueError for what is none.

    OTLP's JSON is protobuf's but for ids, which are hexadecimal digits and not Base64.
    """
    try:
        content = msgspec.json.decode(body)
        if not isinstance(content, dict):
            raise ValueError("the body is no JSON object")
        request = ExportTraceServiceRequest()
        json_format.ParseDict(_with_base64_ids(content), request, ignore_unknown_fields=True)
    except (msgspec.DecodeError, json_format.ParseError, RecursionError, UnicodeError) as error:
        raise ValueError(f"the body is no ExportTraceServiceRequest: {str(error)[:200]}") from None
    return request


def _with_base64_ids(node: Any) -> Any:
    if isinstance(node, list):
        return [_with_base64_ids(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: _id(key, value) if key in _ID_KEYS else _with_base64_ids(value) for key, value in node.items()
    }


def _id(key: str, value: Any) -> str:
    if value in ("", None):
        return ""
    try:
        return b64encode(bytes.fromhex(value)).decode()
    except (TypeError, ValueError):
        raise ValueError(f"{key} is not made of hexadecimal digits") from None


def span_rows(request: ExportTraceServiceRequest, *, batch: int, received_ms: int) -> tuple[pa.Table, int]:
    """Return rows of schemas.arrow.SPANS, and how many spans were refused because they have no valid ids."""
    rows: list[dict[str, Any]] = []
    refused = 0
    for resource_spans in request.resource_spans:
        resource = _attributes(resource_spans.resource.attributes, {"service.name", "service.version"})
        environment = _environment(resource_spans.resource.attributes)
        common = {
            "service": str(resource.get("service.name", ""))[:_TEXT_MAX],
            "service_version": str(resource.get("service.version", ""))[:_TEXT_MAX],
            "environment": environment,
            "received_time": received_ms,
            "batch": batch,
        }
        for scope_spans in resource_spans.scope_spans:
            for span in scope_spans.spans:
                if _is_id(span.trace_id, 16) and _is_id(span.span_id, 8):
                    rows.append(common | _row(span, received_ms))
                else:
                    refused += 1
    return pa.Table.from_pylist(rows, schema=arrow.SPANS), refused


def _is_id(value: bytes, length: int) -> bool:
    return len(value) == length and any(value)


def _row(span: Span, received_ms: int) -> dict[str, Any]:
    said = read_messaging(_attributes(span.attributes, READ_NAMES))
    linked = [
        (link, read_messaging(_attributes(link.attributes, READ_NAMES))) for link in span.links[:LINKS_MAX]
    ]
    return {
        "trace_id": span.trace_id.hex(),
        "span_id": span.span_id.hex(),
        "parent_span_id": span.parent_span_id.hex() if _is_id(span.parent_span_id, 8) else "",
        "kind": _KINDS.get(span.kind, ""),
        "name": span.name[:_TEXT_MAX],
        "start_time": _plausible_us(span.start_time_unix_nano, received_ms),
        "end_time": _plausible_us(span.end_time_unix_nano, received_ms),
        "status_error": span.status.code == Status.STATUS_CODE_ERROR,
        **_said(said),
        # A link to a record without a context has no ids; its place may be said all the same.
        "link_trace_ids": [link.trace_id.hex() if _is_id(link.trace_id, 16) else "" for link, _ in linked],
        "link_span_ids": [link.span_id.hex() if _is_id(link.span_id, 8) else "" for link, _ in linked],
        "link_topics": [at.topic for _, at in linked],
        "link_partitions": [at.partition for _, at in linked],
        "link_offsets": [at.offset for _, at in linked],
        "links_missing": span.dropped_links_count + max(0, len(span.links) - LINKS_MAX),
    }


def _said(said: Messaging) -> dict[str, Any]:
    return {
        "system": said.system,
        "operation": said.operation,
        "topic": said.topic,
        "partition": said.partition,
        "offset": said.offset,
        "consumer_group": said.group,
        "message_id": said.message_id,
        "cluster_id": said.cluster_id,
        "batch_size": said.batch_size,
        "hands_on": said.hands_on,
    }


def _plausible_us(time_ns: int, received_ms: int) -> int:
    return time_ns // 1000 if 0 < time_ns < _TIME_NS_MAX else received_ms * 1000


def _environment(attributes: Iterable[KeyValue]) -> str:
    found = _attributes(attributes, {"deployment.environment.name", "deployment.environment"})
    return str(found.get("deployment.environment.name", found.get("deployment.environment", "")))[:_TEXT_MAX]


def _attributes(
    attributes: Iterable[KeyValue], wanted: Sequence[str] | set[str] | frozenset[str]
) -> Mapping[str, Attribute]:
    found: dict[str, Attribute] = {}
    for attribute in attributes:
        if attribute.key in wanted:
            kind = attribute.value.WhichOneof("value")
            if kind in ("string_value", "int_value", "double_value", "bool_value"):
                found[attribute.key] = getattr(attribute.value, kind)
    return found
