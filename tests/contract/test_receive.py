"""The receiver over real HTTP into the real engine: what is acknowledged is there, what is not is refused well."""

import gzip
import json
import os
from collections.abc import Iterator

import pytest
from google.rpc.status_pb2 import Status
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import Link, SpanKind

from collector.http.bodies import BODY_BYTES_MAX
from collector.storage.api import Store
from tests.contract.conftest import Ask
from tests.support.receiver import JSON, PROTOBUF, Address, receiving

SPANS = "SELECT * FROM spans FINAL ORDER BY start_time"
TRACE, SPAN, PARENT = "5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174", "eee19b7ec3c1b173"


@pytest.fixture
def address(store: Store) -> Iterator[Address]:
    with receiving(store) as address:
        yield address


def request(**span: object) -> ExportTraceServiceRequest:
    ids = {"trace_id": bytes.fromhex(TRACE), "span_id": bytes.fromhex(SPAN)}
    return ExportTraceServiceRequest(
        resource_spans=[{"scope_spans": [{"spans": [{**ids, "start_time_unix_nano": 1, **span}]}]}]
    )


def test_spans_of_the_real_sdk_arrive_with_what_lineage_needs(
    address: Address, store: Store, ask: Ask
) -> None:
    resource = Resource.create(
        {"service.name": "billing", "service.version": "1.4", "deployment.environment": "p"}
    )
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(f"{address.url}/v1/traces")))
    tracer = provider.get_tracer("t")
    with tracer.start_as_current_span("orders send", kind=SpanKind.PRODUCER) as sent:
        pass
    link = Link(
        sent.get_span_context(), {"messaging.kafka.offset": "17", "messaging.destination.partition.id": "2"}
    )
    attributes = {
        "messaging.system": "kafka",
        "messaging.destination.name": "orders",
        "messaging.operation": "process",
    }
    with tracer.start_as_current_span(
        "orders process", kind=SpanKind.CONSUMER, links=[link], attributes=attributes
    ):
        pass

    first, second = ask(store, SPANS)

    context = sent.get_span_context()
    assert (first["kind"], first["trace_id"]) == ("producer", f"{context.trace_id:032x}")
    assert (second["service"], second["service_version"], second["environment"]) == ("billing", "1.4", "p")
    assert (second["kind"], second["topic"], second["operation"]) == ("consumer", "orders", "process")
    assert (second["link_span_ids"], second["link_offsets"], second["link_partitions"]) == (
        [f"{context.span_id:016x}"],
        [17],
        [2],
    )


def test_json_and_protobuf_say_the_same(address: Address, store: Store, ask: Ask) -> None:
    attribute = {"key": "messaging.kafka.message.offset", "value": {"intValue": "9"}}
    spans = [{"traceId": TRACE.upper(), "spanId": SPAN, "parentSpanId": PARENT, "kind": 4, "name": "p",
              "startTimeUnixNano": "1795412000000000000", "endTimeUnixNano": "1795412000000001000",
              "attributes": [attribute], "notInTheSpecification": 1}]  # fmt: skip
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}).encode()

    reply = address.post("/v1/traces", gzip.compress(body), {**JSON, "Content-Encoding": "gzip"})

    (row,) = ask(store, SPANS)
    assert (reply.status, json.loads(reply.body)) == (200, {})
    assert (row["trace_id"], row["span_id"], row["parent_span_id"]) == (TRACE, SPAN, PARENT)
    assert (row["kind"], row["offset"]) == ("producer", 9)


def test_a_span_that_is_sent_twice_is_one(address: Address, store: Store, ask: Ask) -> None:
    for _ in range(2):
        assert address.post("/v1/traces", request().SerializeToString(), PROTOBUF).status == 200

    assert len(ask(store, SPANS)) == 1


def test_spans_without_ids_are_refused_and_the_others_kept(address: Address, store: Store, ask: Ask) -> None:
    wanted = request()
    wanted.resource_spans.extend(request(trace_id=bytes(16)).resource_spans)

    reply = address.post("/v1/traces", wanted.SerializeToString(), PROTOBUF)

    told = ExportTraceServiceResponse.FromString(reply.body)
    assert (reply.status, told.partial_success.rejected_spans) == (200, 1)
    assert len(ask(store, SPANS)) == 1
    assert b"headwater_spans_refused_total 1.0" in address.get("/metrics").body


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"\xff\xff\xff", PROTOBUF, 400),
        (b"{", JSON, 400),
        (b"[" * 100_000, JSON, 400),
        (b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"zz"}]}]}]}', JSON, 400),
        (b"not gzip", {**PROTOBUF, "Content-Encoding": "gzip"}, 400),
        (gzip.compress(b"{}", mtime=0)[:-4], {**JSON, "Content-Encoding": "gzip"}, 400),
        (gzip.compress(bytes(BODY_BYTES_MAX + 1), mtime=0), {**PROTOBUF, "Content-Encoding": "gzip"}, 413),
        (b"", {**PROTOBUF, "Content-Encoding": "br"}, 415),
        (b"", {"Content-Type": "text/plain"}, 415),
    ],
)
def test_what_is_not_understood_is_refused_in_the_senders_format(
    address: Address, body: bytes, headers: dict[str, str], status: int
) -> None:
    reply = address.post("/v1/traces", body, headers)

    assert reply.status == status
    assert "Retry-After" not in reply.headers
    if headers == PROTOBUF:
        assert Status.FromString(reply.body).message
    else:
        assert reply.body


def test_while_the_store_is_away_senders_are_asked_to_come_again() -> None:
    with receiving(None) as address:
        sent = address.post("/v1/traces", request().SerializeToString(), PROTOBUF)
        health = address.get("/health")

    assert (sent.status, int(sent.headers["Retry-After"]) > 0) == (503, True)
    assert (health.status, "Retry-After" in health.headers) == (503, True)


def test_a_token_is_asked_for_where_one_is_set(store: Store) -> None:
    token = os.urandom(8).hex()
    with receiving(store, http_token=token) as address:
        without = address.post("/v1/traces", b"", PROTOBUF).status
        wrong = address.post("/v1/traces", b"", {**PROTOBUF, "Authorization": "Bearer no"}).status
        right = address.post("/v1/traces", b"", {**PROTOBUF, "Authorization": f"Bearer {token}"}).status
        health = address.get("/health").status

    assert (without, wrong, right, health) == (401, 401, 200, 200)
