"""OpenTelemetry in the company: the real SDK, and the real instrumentations of the client libraries.

Only the wire matters here, so no span is exported. Services are traced or not one by one, although two of
the instrumentations patch whole classes: an untraced service uses a subclass that kept the methods of before.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from kafka import KafkaConsumer, KafkaProducer
from opentelemetry import propagate, trace
from opentelemetry.context import Context
from opentelemetry.instrumentation.aiokafka import AIOKafkaInstrumentor
from opentelemetry.instrumentation.kafka import KafkaInstrumentor
from opentelemetry.propagators.textmap import Getter
from opentelemetry.sdk.trace import TracerProvider

from collector.demo.model import Headers


class UntracedAIOKafkaProducer(AIOKafkaProducer):  # type: ignore[misc] # aiokafka has no types
    """Sends as aiokafka does without instrumentation."""

    send = AIOKafkaProducer.send


class UntracedAIOKafkaConsumer(AIOKafkaConsumer):  # type: ignore[misc] # aiokafka has no types
    """Reads as aiokafka does without instrumentation."""

    getmany = AIOKafkaConsumer.getmany


class UntracedKafkaProducer(KafkaProducer):  # type: ignore[misc] # kafka-python has no types
    """Sends as kafka-python does without instrumentation."""

    send = KafkaProducer.send


class UntracedKafkaConsumer(KafkaConsumer):  # type: ignore[misc] # kafka-python has no types
    """Reads as kafka-python does without instrumentation."""

    __next__ = KafkaConsumer.__next__


class _FirstHeader(Getter[Headers]):
    """Reads a header as the Python instrumentations do: the first of its name."""

    def get(self, carrier: Headers, key: str) -> list[str] | None:
        return next(([value.decode()] for name, value in carrier if name == key and value), None)

    def keys(self, carrier: Headers) -> list[str]:
        return [name for name, _ in carrier]


FIRST_HEADER = _FirstHeader()


@contextmanager
def instrumented() -> Iterator[TracerProvider]:
    """Instrument aiokafka and kafka-python while inside; confluent-kafka is wrapped per client."""
    provider = TracerProvider(shutdown_on_exit=False)
    instrumentors = (AIOKafkaInstrumentor(), KafkaInstrumentor())
    for instrumentor in instrumentors:
        instrumentor.instrument(tracer_provider=provider)
    try:
        yield provider
    finally:
        for instrumentor in instrumentors:
            instrumentor.uninstrument()
        provider.shutdown()


def continued(provider: TracerProvider, headers: Headers) -> Context:
    """Return the context of an application that continues the trace of what it read in a span of its own."""
    tracer = provider.get_tracer("shop")
    incoming = propagate.extract(headers, getter=FIRST_HEADER)
    with tracer.start_as_current_span("process", context=incoming, kind=trace.SpanKind.CONSUMER) as span:
        return trace.set_span_in_context(span, incoming)
