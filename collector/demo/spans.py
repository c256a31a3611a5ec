"""Spans of those services of the company that export them: the real SDK and its real exporter, to Headwater.

All services run in one process here, so one provider makes the spans of several; each is exported under the
name of the service that made it, and those of the other services are left out.
"""

import contextvars
import logging
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from urllib.parse import urlsplit

from opentelemetry import context as otel_context
from opentelemetry import propagate, trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from collector.demo.model import Record
from collector.demo.services import PRODUCERS

EXPORTING: dict[str, str] = {"fraud": "2.3.0", "analytics": "1.9.1"}
"""Services whose spans are exported, with their versions."""

CLIENT_ID = "messaging.client.id"
_WAIT_S = 0.2
_EXPORT_S_MAX = 15  # on a busy machine the first ones meet a store that is still making its tables
_QUEUE_MAX = 50_000

for _noisy in ("opentelemetry.exporter", "opentelemetry.sdk._shared_internal"):
    # A receiver that is not there is no news: the demo goes on without spans.
    logging.getLogger(_noisy).setLevel(logging.CRITICAL)


def export_spans(provider: TracerProvider, url: str) -> Callable[[], None]:
    """Send the spans of EXPORTING to the OTLP endpoint `url`; what is left goes when the provider shuts down.

    Returns what to call before that: then nobody waits any more for a receiver that never came.
    """
    exporter = _PerService(OTLPSpanExporter(f"{url}/v1/traces", timeout=_EXPORT_S_MAX), url)
    provider.add_span_processor(
        BatchSpanProcessor(exporter, max_queue_size=_QUEUE_MAX, schedule_delay_millis=500)
    )
    return exporter.give_up


class _PerService(SpanExporter):
    """Names the service of each span, waits until somebody listens, and sends."""

    def __init__(self, exporter: SpanExporter, url: str) -> None:
        self._exporter = exporter
        self._address = urlsplit(url).hostname or "", urlsplit(url).port or 0
        self._closed = threading.Event()
        self._answers = False
        self._resources = {
            name: Resource({"service.name": name, "service.version": version})
            for name, version in EXPORTING.items()
        }

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """See SpanExporter."""
        ours = [named for span in spans if (named := self._named(span)) is not None]
        while ours and not self._answers and not self._closed.wait(_WAIT_S):
            with suppress(OSError), socket.create_connection(self._address, timeout=1):
                self._answers = True
        return self._exporter.export(ours) if ours and self._answers else SpanExportResult.SUCCESS

    def give_up(self) -> None:
        """Wait no longer for somebody to listen."""
        self._closed.set()

    def shutdown(self) -> None:
        """See SpanExporter."""
        self._closed.set()
        self._exporter.shutdown()

    def _named(self, span: ReadableSpan) -> ReadableSpan | None:
        said = span.attributes or {}
        topic = str(said.get("messaging.destination.name", said.get("messaging.destination", "")))
        # confluent-kafka's instrumentation does not say the client; who writes to a topic is known here.
        service = said.get(CLIENT_ID) or PRODUCERS.get(topic, "")
        resource = self._resources.get(str(service))
        if resource is None:
            return None
        return ReadableSpan(
            name=span.name,
            context=span.get_span_context(),
            parent=span.parent,
            resource=resource,
            attributes=span.attributes,
            links=span.links,
            kind=span.kind,
            status=span.status,
            start_time=span.start_time,
            end_time=span.end_time,
            instrumentation_scope=span.instrumentation_scope,
        )


def handling(service: str, record: Record) -> dict[str, str | int]:
    """Return the attributes of a span in which `service` handles one record (semantic conventions 1.28)."""
    return {**_common(service, record.ref.topic), **_place(record)}


def handled_together(tracer: trace.Tracer, service: str, records: Sequence[Record]) -> contextvars.Context:
    """Return the context of work on several records: a trace of its own, linked to each of theirs."""
    links = [trace.Link(_context_of(record), dict(_place(record))) for record in records]
    topic = records[0].ref.topic
    attributes = {**_common(service, topic), "messaging.batch.message_count": len(records)}
    span = tracer.start_span(f"process {topic}", Context(), trace.SpanKind.CONSUMER, attributes, links)
    span.end()
    work = contextvars.Context()
    work.run(otel_context.attach, trace.set_span_in_context(span, Context()))
    return work


def _context_of(record: Record) -> trace.SpanContext:
    carrier = {name: value.decode(errors="replace") for name, value in record.headers if value}
    return trace.get_current_span(propagate.extract(carrier, Context())).get_span_context()


def _common(service: str, topic: str) -> dict[str, str | int]:
    return {
        "messaging.system": "kafka",
        "messaging.operation.type": "process",
        "messaging.destination.name": topic,
        "messaging.consumer.group.name": service,
        CLIENT_ID: service,
    }


def _place(record: Record) -> dict[str, str | int]:
    return {
        "messaging.destination.partition.id": str(record.ref.partition),
        "messaging.kafka.offset": record.ref.offset,
    }
