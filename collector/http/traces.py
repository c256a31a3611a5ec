"""`POST /v1/traces`: OTLP over HTTP, as protobuf or JSON. What is acknowledged is durable.

https://opentelemetry.io/docs/specs/otlp/#otlphttp: errors are google.rpc.Status in the sender's own format; 429
and 503 mean "send it again", all others "do not".
"""

import asyncio

import structlog
from google.protobuf import json_format
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from prometheus_client import Counter
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from collector.batch import batch_number
from collector.errors import HeadwaterError, StoreUnavailableError
from collector.http.bodies import BodyError, read_body
from collector.http.read_spans import parse_json, parse_protobuf, span_rows
from collector.http.receiver import RETRY_AFTER_S, Receiver
from collector.http.write_spans import BusyError, SpanWriter

log = structlog.get_logger()

_PROTOBUF = "application/x-protobuf"
_JSON = "application/json"
_REQUESTS_MAX = 32  # that are read and decoded at once; each may hold BODY_BYTES_MAX
_GRPC_CODES = {400: 3, 401: 16, 413: 8, 415: 3, 429: 8, 500: 13, 503: 14}


def routes(receiver: Receiver) -> list[Route]:
    """Return the route."""
    return [Route("/v1/traces", _Traces(receiver).post, methods=["POST"])]


class _Traces:
    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._open = 0
        self._spans = Counter("headwater_spans", "Spans received and stored", registry=receiver.registry)
        self._refused = Counter(
            "headwater_spans_refused", "Spans without valid ids", registry=receiver.registry
        )
        self._requests = Counter(
            "headwater_trace_requests", "Requests by status", ["status"], registry=receiver.registry
        )
        self._writer = SpanWriter(receiver, self._spans.inc)

    async def post(self, request: Request) -> Response:
        """Take one ExportTraceServiceRequest."""
        reply = await self._answer(request)
        self._requests.labels(str(reply.status_code)).inc()
        return reply

    async def _answer(self, request: Request) -> Response:
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type not in (_PROTOBUF, _JSON):
            return _refusal(415, f"Send {_PROTOBUF} or {_JSON}.", _JSON)
        if not self._receiver.lets_in(request):
            return _refusal(401, "This receiver wants a bearer token, and not this one.", media_type)
        if self._open >= _REQUESTS_MAX:
            return _refusal(429, "Too many requests at once.", media_type)
        self._open += 1
        try:
            return _response(await self._take(request, media_type), media_type)
        except (BodyError, ValueError, BusyError, ClientDisconnect, HeadwaterError) as error:
            return _refusal(*_explained(error), media_type)
        finally:
            self._open -= 1

    async def _take(self, request: Request, media_type: str) -> Message:
        body = await read_body(request)
        parse = parse_protobuf if media_type == _PROTOBUF else parse_json
        received_ms = int(self._receiver.now().timestamp() * 1000)
        rows, refused = await asyncio.to_thread(
            lambda: span_rows(parse(body), batch=batch_number(received_ms), received_ms=received_ms)
        )
        if rows.num_rows:
            await self._writer.write(rows)
        reply = ExportTraceServiceResponse()
        if refused:
            self._refused.inc(refused)
            reply.partial_success.rejected_spans = refused
            reply.partial_success.error_message = (
                "spans need a trace id of 16 bytes and a span id of 8, not all zero"
            )
        return reply


def _explained(error: Exception) -> tuple[int, str]:
    match error:
        case BodyError():
            return error.status, str(error)
        case ValueError():
            return 400, f"Not understood: {error}."
        case ClientDisconnect():
            return 400, "The sender went away."
        case BusyError():
            return 429, "More spans are waiting than the store takes."
        case StoreUnavailableError():
            return 503, "The store is away; nothing was kept."
        case _:
            log.error("spans were refused by the store", reason=str(error))
            return 500, "The store does not take these spans."


def _response(message: Message, media_type: str, status: int = 200) -> Response:
    headers = {"Retry-After": str(RETRY_AFTER_S)} if status in (429, 503) else {}
    as_text = media_type == _JSON
    content = (
        json_format.MessageToJson(message, indent=None).encode() if as_text else message.SerializeToString()
    )
    return Response(content, status, headers, media_type=media_type)


def _refusal(status: int, message: str, media_type: str) -> Response:
    return _response(Status(code=_GRPC_CODES[status], message=message), media_type, status)
