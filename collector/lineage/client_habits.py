"""Which client library wrote a record, by how it writes headers, and what to change so that causes become exact. Pure.

The rules follow what these libraries were seen to write; a library that leaves no mark of its own is named by what
it does. The advice names the smallest change that gives exact evidence.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

OFTEN = 0.5


@dataclass(frozen=True, slots=True)
class Habit:
    """How records of one topic and service are written: lowercase header names, and shares of 0..1."""

    names: frozenset[str]
    appended: float = 0.0  # carry a second traceparent behind the one that was read
    traced: float = 0.0
    named: float = 0.0  # have a message id
    continued: float = 0.0  # of the traced ones, go on with an earlier record's trace


@dataclass(frozen=True, slots=True)
class Advice:
    """What wrote the records, and what to do in a few lines of code or configuration."""

    library: str
    change: str
    code: str


SPANS = (
    "Or change no code: send the spans of this service to Headwater (OTLP); its consumer and producer spans lead "
    "from an event to its cause."
)
PLAIN_CODE = (
    "# while handling the record `read`:\n"
    "headers = [('message-id', new_id), ('causation-id', read.headers['message-id'])]\n"
    "producer.send(topic, value, headers=headers)"
)


def advise(habit: Habit) -> Advice:
    """Return what wrote the records and the advice for it."""
    return next(advice for matches, advice in _RULES if matches(habit))


def _has(*names: str) -> Callable[[Habit], bool]:
    return lambda habit: all(name in habit.names for name in names)


def _starts(prefix: str) -> Callable[[Habit], bool]:
    return lambda habit: any(name.startswith(prefix) for name in habit.names)


def _any(names: Collection[str]) -> Callable[[Habit], bool]:
    return lambda habit: any(name in habit.names for name in names)


_OTEL_PYTHON = Advice(
    "OpenTelemetry for aiokafka, kafka-python or confluent-kafka (Python), or for .NET",
    "This instrumentation ends the consumer's span before the record is handled, so that every send starts a new "
    "trace. Take the context from the record that is handled, and say which record it was. " + SPANS,
    "context = propagate.extract(dict(read.headers), getter=text_of_bytes)\n"
    "with tracer.start_as_current_span('handle', context=context):\n"
    "    producer.send(topic, value, headers=[('message-id', new_id),\n"
    "                                         ('causation-id', read_message_id)])",
)

_RULES: tuple[tuple[Callable[[Habit], bool], Advice], ...] = (
    (
        _has("ce_causationid"),
        Advice(
            "CloudEvents SDK with causation ids",
            "It names causes already. Where they are not found, the cause's topic is not read by Headwater, the cause "
            "has another id than is named, or its id is used by several events: set ce_causationid to the ce_id of "
            "the event that is handled.",
            "attributes['causationid'] = handled['id']",
        ),
    ),
    (
        _any(("ce_id", "ce-id")),
        Advice(
            "CloudEvents SDK",
            "Set the extension attribute causationid to the id of the event that is handled.",
            "CloudEvent({'type': …, 'source': …, 'causationid': handled['id']}, data)",
        ),
    ),
    (
        _starts("nservicebus."),
        Advice(
            "NServiceBus",
            "It writes NServiceBus.RelatedTo by itself when a message is sent from a handler through its context. "
            "Send through IMessageHandlerContext, not through a stored IMessageSession.",
            "await context.Publish(new OrderBilled());   // not session.Publish(…)",
        ),
    ),
    (
        lambda habit: _has("messageid", "sourceaddress")(habit) or _starts("mt-")(habit),
        Advice(
            "MassTransit",
            "InitiatorId is the CorrelationId of the message that is consumed. Give every message a CorrelationId of "
            "its own, and produce inside the consumer, with its context.",
            "await producer.Produce(message, Pipe.Execute<SendContext>(c => c.CorrelationId = NewId.NextGuid()));",
        ),
    ),
    (
        _has("id", "message-type", "conversation-id"),
        Advice(
            "Wolverine",
            "Wolverine leaves causation-id to the application. Set it to the id of the envelope that is handled.",
            'var options = new DeliveryOptions().WithHeader("causation-id", envelope.Id.ToString());\n'
            "await context.PublishAsync(message, options);",
        ),
    ),
    (
        _starts("rbs2-"),
        Advice(
            "Rebus",
            "rbs2-in-reply-to is there on replies only. Add a causation id to what handlers send.",
            "var handled = MessageContext.Current.Headers[Headers.MessageId];\n"
            'await bus.Publish(message, new() { ["causation-id"] = handled });',
        ),
    ),
    (
        _starts("cap-"),
        Advice(
            "CAP (.NET)",
            "cap-corr-id names the cause on callbacks only. Pass a causation id in the headers.",
            'capBus.Publish(name, value, new Dictionary<string, string?> { ["causation-id"] = header["cap-msg-id"] });',
        ),
    ),
    (
        _starts("axon-"),
        Advice(
            "Axon",
            "The default MessageOriginProvider writes the preceding message's id. Register it where it was replaced.",
            "configurer.registerCorrelationDataProvider(config -> new MessageOriginProvider());",
        ),
    ),
    (
        lambda habit: (
            _starts("__debezium.")(habit)
            or (bool(habit.names) and habit.names <= {"id", "eventtype", "type"} and "id" in habit.names)
        ),
        Advice(
            "Debezium outbox",
            "The outbox router puts the row's id on the record. Add a column for the cause and let it become a header.",
            "transforms.outbox.table.fields.additional.placement=causation_id:header:causation-id",
        ),
    ),
    (
        lambda habit: (
            _any(("__typeid__", "spring_json_header_types", "kafka_correlationid"))(habit)
            or _starts("spring")(habit)
            or _starts("kafka_")(habit)
        ),
        Advice(
            "Spring Kafka",
            "Spring writes no causation id, and batch listeners start new traces. Let a producer interceptor add it, "
            "or send spans. " + SPANS,
            "spring.kafka.listener.observation-enabled: true\n"
            "spring.kafka.template.observation-enabled: true\n"
            "// and in the listener:\n"
            'record.headers().add("causation-id", read.headers().lastHeader("message-id").value());',
        ),
    ),
    (
        _has("correlation_id", "content-type"),
        Advice(
            "FastStream",
            "Its middleware sends the incoming context again, and ids only flow with return values. Name the message.",
            "await broker.publish(event, topic, headers={'causation-id': message.headers['message-id'],\n"
            "                                            'message-id': new_id})",
        ),
    ),
    (
        _any(("x-datadog-trace-id", "dd-pathway-ctx-base64", "dd-pathway-ctx")),
        Advice(
            "Datadog tracer",
            "Its context names traces and paths, not records. Add a causation id. " + SPANS,
            PLAIN_CODE,
        ),
    ),
    (
        _has("sw8"),
        Advice(
            "SkyWalking agent",
            "sw8 names the service that wrote, not the record. Add a causation id.",
            PLAIN_CODE,
        ),
    ),
    (
        _any(("b3", "x-b3-traceid")),
        Advice(
            "Brave, Sleuth or another Zipkin tracer",
            "B3 names spans, not records. Add a causation id. " + SPANS,
            PLAIN_CODE,
        ),
    ),
    (
        lambda habit: habit.appended >= OFTEN,
        Advice(
            "a client that appends its own context to headers that it read",
            "Both contexts are on the record, which is exact where the first one names one record. Do not copy the "
            "headers of what was read twice, or add a causation id.",
            PLAIN_CODE,
        ),
    ),
    (lambda habit: habit.traced >= OFTEN and habit.continued < OFTEN, _OTEL_PYTHON),
    (
        lambda habit: habit.traced >= OFTEN,
        Advice(
            "an instrumented client that continues traces (OpenTelemetry agent, kafkajs, Streams without an agent)",
            "The trace goes on, but a traceparent names a span, not a record. "
            + SPANS
            + " Or add a causation id.",
            PLAIN_CODE,
        ),
    ),
    (
        lambda habit: habit.named >= OFTEN,
        Advice(
            "a plain client with ids of its own",
            "Records have an id but do not name their cause. Put the id of the record that is handled into "
            "causation-id.",
            PLAIN_CODE,
        ),
    ),
    (
        lambda habit: bool(habit.names),
        Advice(
            "a client with headers of its own",
            "None of its headers is a name that Headwater knows. If one of them holds an id, declare it in "
            "headwater.toml; else add a message id and a causation id.",
            '[[headers]]\nkey = "your-id-header"\nmeaning = "message id"',
        ),
    ),
    (
        lambda _: True,
        Advice(
            "a plain client without headers",
            "Nothing on these records names anything. Add an id, the id of the record that was handled, and who you "
            "are; or send spans, or let the client's OpenTelemetry instrumentation write a context.",
            PLAIN_CODE.replace("('causation-id'", "('service-name', b'this-service'), ('causation-id'"),
        ),
    ),
)
