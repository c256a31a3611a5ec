"""OpenTelemetry in the company: the real SDK, and the real instrumentations of the client libraries.

Most services export no spans: only the wire matters then. Those that do are in `spans.py`. Services are traced or
not one by one, although two of the instrumentations patch whole classes: an untraced service uses a subclass that
kept the methods of before.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from random import Random

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from kafka import KafkaConsumer, KafkaProducer
from opentelemetry import propagate, trace
from opentelemetry.context import Context
from opentelemetry.instrumentation.aiokafka import AIOKafkaInstrumentor
from opentelemetry.instrumentation.kafka import KafkaInstrumentor
from opentelemetry.propagators.textmap import Getter, Setter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.id_generator import IdGenerator

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


# What the SDK writes: sampled, and a trace id whose last seven bytes are random (W3C level 2).
SAMPLED_AND_RANDOM = trace.TraceFlags(0x03)


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


def continued(tracer: trace.Tracer, headers: Headers, attributes: Mapping[str, str | int]) -> Context:
    """Return the context of an application that continues the trace of what it read in a span of its own."""
    incoming = propagate.extract(headers, getter=FIRST_HEADER)
    span = tracer.start_span("process", incoming, trace.SpanKind.CONSUMER, dict(attributes))
    span.end()
    return trace.set_span_in_context(span, incoming)


class _Append(Setter[list[tuple[str, bytes | None]]]):
    """Writes a header as the Python instrumentations do: behind what is there."""

    def set(self, carrier: list[tuple[str, bytes | None]], key: str, value: str) -> None:
        carrier.append((key, value.encode()))


APPEND = _Append()


class SeededIds(IdGenerator):
    """Trace and span ids that a seed makes repeatable."""

    def __init__(self, lots: Random) -> None:
        self._lots = lots

    def generate_span_id(self) -> int:
        """See IdGenerator."""
        return self._lots.getrandbits(64) or 1

    def generate_trace_id(self) -> int:
        """See IdGenerator."""
        return self._lots.getrandbits(128) or 1

    def is_trace_id_random(self) -> bool:
        """See IdGenerator."""
        return True


def inject(ids: IdGenerator, headers: list[tuple[str, bytes | None]], continued_from: Headers | None) -> None:
    """Append the trace context of a send that only virtual time sees, as the instrumentations would.

    No span is made, because nobody would read it: the ids are the SDK's, the writing is its propagator's.
    """
    incoming = propagate.extract(continued_from, getter=FIRST_HEADER) if continued_from else Context()
    trace_id = trace.get_current_span(incoming).get_span_context().trace_id or ids.generate_trace_id()
    own = trace.SpanContext(trace_id, ids.generate_span_id(), is_remote=False, trace_flags=SAMPLED_AND_RANDOM)
    propagate.inject(headers, trace.set_span_in_context(trace.NonRecordingSpan(own), Context()), APPEND)
