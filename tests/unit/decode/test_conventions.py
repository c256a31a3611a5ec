"""The table of conventions, held against what each of them looks like on the wire.

A fixture is written as its producer writes it, byte by byte, and says where that is written down.
"""

import re
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest

from collector.decode.conventions import CONVENTIONS
from collector.decode.plan import Planner
from tests.support.records import Headers, Record, decoded

TRACE, SPAN, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", "b7ad6b7169203331"
SHORT_TRACE = f"{0:016x}{0xA3CE929D0E0E4736:016x}"
GUID = UUID("0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0")

Reference = tuple[str, str, str]


def int32(number: int) -> bytes:
    return number.to_bytes(4, "big")


def int64(number: int) -> bytes:
    return number.to_bytes(8, "big")


def base64(text: str) -> str:
    return b64encode(text.encode()).decode()


@dataclass(frozen=True)
class Fixture:
    """A record of some producer, and what must be understood of it: columns of the event, and references."""

    convention: str
    case: str
    source: str
    headers: Headers
    says: dict[str, Any]
    references: list[Reference] = field(default_factory=list)
    topic: str = "orders"
    value: bytes | None = b"{}"


def span(trace_id: str = TRACE, span_id: str = SPAN, **others: Any) -> dict[str, Any]:
    """Return what an event says that was sent under a span."""
    return {"trace_id": trace_id, "span_id": span_id, "names": [f"span:{trace_id}-{span_id}"]} | others


def copy_of(topic: str, partition: int, offset: int, **others: Any) -> dict[str, Any]:
    return {"origin": f"event:{topic}/{partition}/{offset}"} | others


W3C = "W3C Trace Context, 3.2 (level 3 draft)"
B3 = "openzipkin/b3-propagation README; brave B3Propagation.java"
JAEGER = "jaeger-client-java TextMapCodec.java; OpenTelemetry's jaeger propagators"
TRACING = [
    Fixture("w3c-trace-context", "valid", W3C, [("traceparent", f"00-{TRACE}-{SPAN}-01".encode())], span()),
    Fixture(
        "w3c-trace-context",
        "a later version with one more field",
        W3C,
        [("traceparent", f"01-{TRACE}-{SPAN}-01-what-comes".encode())],
        span(),
    ),
    Fixture(
        "w3c-trace-context",
        "not sampled but random",
        W3C,
        [("traceparent", f"00-{TRACE}-{SPAN}-02".encode())],
        span(),
    ),
    Fixture(
        "w3c-trace-context",
        "sampled and random",
        W3C,
        [("traceparent", f"00-{TRACE}-{SPAN}-03".encode())],
        span(),
    ),
    Fixture(
        "w3c-trace-context",
        "64-bit trace id",
        W3C,
        [("traceparent", f"00-{SHORT_TRACE}-{SPAN}-01".encode())],
        span(SHORT_TRACE),
    ),
    Fixture("b3-single", "sampled", B3, [("b3", f"{TRACE}-{SPAN}-1".encode())], span()),
    Fixture(
        "b3-single",
        "debug, with parent",
        B3,
        [("b3", f"{TRACE}-{SPAN}-d-{PARENT}".encode())],
        span(parent_span_id=PARENT),
    ),
    Fixture(
        "b3-single", "64-bit trace id", B3, [("b3", f"{SHORT_TRACE[16:]}-{SPAN}".encode())], span(SHORT_TRACE)
    ),
    Fixture(
        "b3-multi",
        "as Brave and OpenTelemetry's Java agent write it",
        B3,
        [
            ("X-B3-TraceId", TRACE.encode()),
            ("X-B3-SpanId", SPAN.encode()),
            ("X-B3-ParentSpanId", PARENT.encode()),
            ("X-B3-Sampled", b"1"),
        ],
        span(parent_span_id=PARENT),
    ),
    Fixture(
        "b3-multi",
        "as OpenTelemetry's Python propagator and Datadog write it; the first counts",
        "opentelemetry-python propagators/b3",
        [
            ("x-b3-traceid", TRACE.encode()),
            ("x-b3-spanid", SPAN.encode()),
            ("x-b3-sampled", b"true"),
            ("x-b3-spanid", PARENT.encode()),
        ],
        span(),
    ),
    Fixture(
        "jaeger",
        "no parent",
        JAEGER,
        [("uber-trace-id", f"{TRACE}:{SPAN}:0:1".encode())],
        span(parent_span_id=""),
    ),
    Fixture(
        "jaeger",
        "encoded as in URLs, leading zeros left out, with parent",
        JAEGER,
        [("uber-trace-id", f"{SHORT_TRACE[16:]}%3A{SPAN[2:]}%3A{PARENT}%3A03".encode())],
        span(SHORT_TRACE, parent_span_id=PARENT),
    ),
    Fixture(
        "datadog",
        "128 bits",
        "dd-trace-java DatadogHttpCodec",
        [
            ("x-datadog-trace-id", str(int(TRACE[16:], 16)).encode()),
            ("x-datadog-parent-id", str(int(SPAN, 16)).encode()),
            ("x-datadog-sampling-priority", b"1"),
            ("x-datadog-tags", f"_dd.p.dm=-1,_dd.p.tid={TRACE[:16]}".encode()),
        ],
        span(),
    ),
    Fixture(
        "datadog",
        "64 bits",
        "dd-trace-py propagation/http.py",
        [
            ("x-datadog-trace-id", str(int(TRACE[16:], 16)).encode()),
            ("x-datadog-parent-id", str(int(SPAN, 16)).encode()),
        ],
        span(SHORT_TRACE),
    ),
    Fixture(
        "x-ray",
        "with lineage",
        "AWS X-Ray developer guide, tracing header",
        [
            (
                "X-Amzn-Trace-Id",
                f"Root=1-{TRACE[:8]}-{TRACE[8:]};Parent={SPAN};Sampled=1;Lineage=a87bd80c:1|68fd508a:5".encode(),
            )
        ],
        span(),
    ),
    Fixture(
        "x-ray",
        "as OpenTelemetry's JavaScript propagator writes its key",
        "opentelemetry-js-contrib propagator-aws-xray",
        [("x-amzn-trace-id", f"Sampled=0;Parent={SPAN};Self=1;Root=1-{TRACE[:8]}-{TRACE[8:]}".encode())],
        span(),
    ),
    Fixture(
        "skywalking",
        "first of two",
        "SkyWalking cross-process propagation headers protocol v3; skywalking-java kafka-plugin",
        [
            (
                "sw8",
                "-".join(
                    ["1", base64("trace-1.57.2"), base64("segment-1"), "3"]
                    + [base64(text) for text in ("checkout", "checkout-7d", "/pay", "kafka:9092")]
                ).encode(),
            ),
            ("sw8", b"1-eA==-eQ==-0-eg==-eg==-eg==-eg=="),
        ],
        span("trace-1.57.2", "segment-1.3", service="checkout"),
    ),
    Fixture(
        "elastic",
        "29 bytes",
        "elastic/apm-agent-java TraceContext",
        [
            (
                "elasticapmtraceparent",
                b"\x00\x00" + bytes.fromhex(TRACE) + b"\x01" + bytes.fromhex(SPAN) + b"\x02\x01",
            )
        ],
        span(),
    ),
    Fixture(
        "masstransit-activity",
        "a W3C activity id",
        "MassTransit MessageHeaders.Activity",
        [("MT-Activity-Id", f"00-{TRACE}-{SPAN}-01".encode())],
        span(),
    ),
    Fixture(
        "instana",
        "padded",
        "instana/nodejs tracing/constants.js",
        [("X_INSTANA_T", TRACE.encode()), ("X_INSTANA_S", SPAN.encode()), ("X_INSTANA_L_S", b"1")],
        span(),
    ),
    Fixture(
        "opentracing",
        "64-bit trace id",
        "opentelemetry-java OtTracePropagator",
        [
            ("ot-tracer-traceid", SHORT_TRACE[16:].encode()),
            ("ot-tracer-spanid", SPAN.encode()),
            ("ot-tracer-sampled", b"true"),
        ],
        span(SHORT_TRACE),
    ),
    Fixture(
        "cloudevents-tracing",
        "in the headers",
        "CloudEvents extension distributed tracing",
        [("ce_traceparent", f"00-{TRACE}-{SPAN}-01".encode())],
        span(trace_convention="cloudevents-tracing"),
    ),
    Fixture(
        "datadog-pathway",
        "base64",
        "dd-trace-py datastreams/encoding.py; the reference's own vector",
        [("dd-pathway-ctx-base64", b"iHdmVUQzIhH23d28mmaQ4928mmY=")],
        {"pathway_hash": 0x1122334455667788, "pathway_start_ms": 1_755_900_000_123},
    ),
    Fixture(
        "datadog-pathway",
        "raw, under the older key",
        "data-streams-go",
        [("dd-pathway-ctx", bytes.fromhex("8877665544332211f6dddDbc9a6690e3ddbc9a66"))],
        {"pathway_hash": 0x1122334455667788, "pathway_start_ms": 1_755_900_000_123},
    ),
]

CLOUDEVENT = {
    "message_id": "e-2",
    "source": "https://shop.example/checkout",
    "service": "checkout",
    "type": "Paid",
}
IDENTITY = [
    Fixture(
        "cloudevents",
        "binary mode",
        "cloudevents/spec kafka-protocol-binding.md; extensions/correlation.md",
        [
            ("ce_specversion", b"1.0"),
            ("ce_id", b"e-2"),
            ("ce_source", b"https://shop.example/checkout"),
            ("ce_type", b"Paid"),
            ("ce_causationid", b"e-1"),
            ("ce_correlationid", b"flow-1"),
            ("ce_serviceversion", b"2.1"),
            ("content-type", b"application/json"),
        ],
        CLOUDEVENT
        | {
            "correlation_id": "flow-1",
            "service_version": "2.1",
            "content_type": "application/json",
            "names": ["id:e-2"],
        },
        [("id:e-1", "caused", "header")],
    ),
    Fixture(
        "cloudevents",
        "structured mode",
        "cloudevents/spec json-format.md",
        [("content-type", b"application/cloudevents+json; charset=UTF-8")],
        CLOUDEVENT | {"correlation_id": "flow-1", "schema_id": "uri:https://schemas.example/2"},
        [("id:e-1", "caused", "header")],
        value=b'{"specversion":"1.0","id":"e-2","source":"https://shop.example/checkout","type":"Paid",'
        b'"causationid":"e-1","correlationid":"flow-1","dataschema":"https://schemas.example/2","data":{"a":1}}',
    ),
    Fixture(
        "cloudevents-tracing",
        "Dapr: a CloudEvent whose context is in the body",
        "dapr/components-contrib pubsub/envelope.go",
        [],
        span()
        | {"message_id": "e-2", "service": "checkout", "type": "com.dapr.event.sent"}
        | {"names": ["id:e-2", f"span:{TRACE}-{SPAN}"]},
        value=f'{{"data":{{"a":1}},"datacontenttype":"application/json","id":"e-2","pubsubname":"pubsub",'
        f'"source":"checkout","specversion":"1.0","topic":"orders","traceid":"00-{TRACE}-{SPAN}-01",'
        f'"traceparent":"00-{TRACE}-{SPAN}-01","tracestate":"","type":"com.dapr.event.sent"}}'.encode(),
    ),
    Fixture(
        "cloudevents-http",
        "the prefix of HTTP",
        "cloudevents/spec bindings/http-protocol-binding.md",
        [
            ("ce-specversion", b"1.0"),
            ("ce-id", b"e-2"),
            ("ce-source", b"https://shop.example/checkout"),
            ("ce-type", b"Paid"),
            ("ce-causationid", b"e-1"),
            ("ce-correlationid", b"flow-1"),
        ],
        CLOUDEVENT | {"correlation_id": "flow-1"},
        [("id:e-1", "caused", "header")],
    ),
    Fixture(
        "nservicebus",
        "a message sent while handling another",
        "NServiceBus Headers.cs",
        [
            ("NServiceBus.MessageId", b"m-2"),
            ("NServiceBus.RelatedTo", b"m-1"),
            ("NServiceBus.CorrelationId", b"m-0"),
            ("NServiceBus.ConversationId", b"talk-1"),
            ("NServiceBus.OriginatingEndpoint", b"Sales"),
            ("NServiceBus.EnclosedMessageTypes", b"Shop.OrderPlaced"),
            ("NServiceBus.ContentType", b"application/json"),
        ],
        {
            "message_id": "m-2",
            "correlation_id": "m-0",
            "conversation_id": "talk-1",
            "service": "Sales",
            "type": "Shop.OrderPlaced",
            "content_type": "application/json",
        },
        [("id:m-1", "caused", "header")],
    ),
    Fixture(
        "masstransit",
        "InitiatorId is the CorrelationId of the consumed message",
        "MassTransit KafkaSendContext, MessageHeaders",
        [
            ("MessageId", b"m-2"),
            ("CorrelationId", b"c-2"),
            ("InitiatorId", b"c-1"),
            ("ConversationId", b"talk-1"),
            ("SourceAddress", b"loopback://host/sales"),
            ("MT-Host-ProcessName", b"Sales"),
            ("MT-Host-AssemblyVersion", b"3.2"),
            ("MessageId", b"copied forward"),
        ],
        {
            "message_id": "m-2",
            "correlation_id": "c-2",
            "conversation_id": "talk-1",
            "source": "loopback://host/sales",
            "service": "Sales",
            "service_version": "3.2",
        },
        [("id/masstransit-correlation:c-1", "caused", "header")],
    ),
    Fixture(
        "wolverine",
        "with causation",
        "JasperFx/wolverine EnvelopeConstants.cs",
        [
            ("id", b"m-2"),
            ("causation-id", b"m-1"),
            ("correlation-id", b"c-1"),
            ("conversation-id", b"talk-1"),
            ("source", b"Sales"),
            ("message-type", b"order-placed"),
            ("content-type", b"application/json"),
            ("parent-id", f"00-{TRACE}-{SPAN}-01".encode()),
        ],
        {
            "message_id": "m-2",
            "correlation_id": "c-1",
            "conversation_id": "talk-1",
            "service": "Sales",
            "type": "order-placed",
            "trace_id": TRACE,
        },
        [("id:m-1", "caused", "header")],
    ),
    Fixture(
        "axon-4",
        "correlationId is the preceding message, traceId the first",
        "AxonFramework/extension-kafka HeaderUtils; MessageOriginProvider of Axon 4",
        [
            ("axon-message-id", b"m-2"),
            ("axon-message-type", b"shop.OrderPlaced"),
            ("axon-message-timestamp", int64(1_755_900_000_123)),
            ("axon-metadata-correlationId", b"m-1"),
            ("axon-metadata-traceId", b"m-0"),
        ],
        {"message_id": "m-2", "conversation_id": "m-0", "type": "shop.OrderPlaced", "trace_id": ""},
        [("id:m-1", "caused", "header")],
    ),
    Fixture(
        "axon-5",
        "causationId is the preceding message, correlationId the first",
        "MessageOriginProvider of Axon 5",
        [
            ("axon-message-id", b"m-2"),
            ("axon-message-type", b"shop.OrderPlaced"),
            ("axon-metadata-causationId", b"m-1"),
            ("axon-metadata-correlationId", b"m-0"),
        ],
        {"message_id": "m-2", "conversation_id": "m-0", "type": "shop.OrderPlaced"},
        [("id:m-1", "caused", "header")],
    ),
    Fixture(
        "cap",
        "the answer to a message",
        "dotnetcore/CAP Messages/Headers.cs",
        [
            ("cap-msg-id", b"m-2"),
            ("cap-msg-name", b"order.placed"),
            ("cap-corr-id", b"m-1"),
            ("cap-corr-seq", b"1"),
            ("cap-callback-name", None),
        ],
        {"message_id": "m-2", "type": "order.placed"},
        [("id:m-1", "caused", "header")],
    ),
    Fixture(
        "cap",
        "a new message names itself",
        "dotnetcore/CAP Messages/Headers.cs",
        [("cap-msg-id", b"m-2"), ("cap-corr-id", b"m-2"), ("cap-corr-seq", b"0")],
        {"message_id": "m-2"},
    ),
    Fixture(
        "rebus",
        "a reply",
        "rebus-org/Rebus Messages/Headers.cs",
        [
            ("rbs2-msg-id", b"m-2"),
            ("rbs2-in-reply-to", b"m-1"),
            ("rbs2-corr-id", b"m-0"),
            ("rbs2-corr-seq", b"2"),
            ("rbs2-msg-type", b"Shop.OrderPlaced, Shop"),
        ],
        {"message_id": "m-2", "correlation_id": "m-0", "type": "Shop.OrderPlaced, Shop"},
        [("id:m-1", "caused", "header")],
    ),
    Fixture(
        "eventuate",
        "a reply to a command",
        "eventuate-tram-core Message, ReplyMessageHeaders",
        [
            ("ID", b"m-2"),
            ("DESTINATION", b"replies"),
            ("PARTITION_ID", b"7"),
            ("reply_to_message_id", b"m-1"),
            ("command_type", b"shop.ReserveCredit"),
        ],
        {"message_id": "m-2", "type": "shop.ReserveCredit"},
        [("id:m-1", "caused", "header")],
    ),
    Fixture(
        "eventuate",
        "an event",
        "eventuate-tram-core EventMessageHeaders",
        [
            ("ID", b"m-2"),
            ("DESTINATION", b"orders"),
            ("PARTITION_ID", b"7"),
            ("event-type", b"shop.OrderPlaced"),
        ],
        {"message_id": "m-2", "type": "shop.OrderPlaced"},
    ),
    Fixture(
        "spring",
        "a request: the correlation id of 16 raw bytes pairs it with its reply and is no cause",
        "spring-kafka ReplyingKafkaTemplate, JsonSerializer",
        [
            ("kafka_correlationId", GUID.bytes),
            ("kafka_replyTopic", b"replies"),
            ("kafka_replyPartition", int32(2)),
            ("__TypeId__", b"shop.OrderPlaced"),
            ("contentType", b'"application/json"'),
        ],
        {"type": "shop.OrderPlaced", "content_type": "application/json", "correlation_id": "", "names": []},
    ),
    Fixture(
        "spring",
        "a correlation id of an application's own bytes is no mistake",
        "spring-kafka CorrelationKey",
        [("kafka_correlationId", b"\xff\x00\x01"), ("__TypeId__", b"shop.OrderPlaced")],
        {"type": "shop.OrderPlaced", "names": []},
    ),
    Fixture(
        "debezium-outbox",
        "the event's id",
        "debezium EventRouter",
        [("id", b"7d0c1d3e")],
        {"message_id": "7d0c1d3e", "names": ["id:7d0c1d3e"]},
    ),
    Fixture(
        "deployment",
        "who wrote it, in which version",
        "OpenTelemetry semantic conventions, service attributes",
        [
            ("service.name", b"checkout"),
            ("service.version", b"2.1"),
            ("service-name", b"of an older habit"),
            ("service-version", b"1"),
        ],
        {"service": "checkout", "service_version": "2.1"},
    ),
    Fixture(
        "plain-ids",
        "in camel case",
        "common usage",
        [
            ("messageId", b"m-2"),
            ("causationId", b"m-1"),
            ("correlationId", b"c-1"),
            ("conversationId", b"talk-1"),
            ("serviceName", b"checkout"),
            ("serviceVersion", b"2.1"),
            ("eventType", b"Paid"),
            ("contentType", b"text/plain"),
            ("source", b"/checkout"),
        ],
        {
            "message_id": "m-2",
            "correlation_id": "c-1",
            "conversation_id": "talk-1",
            "service": "checkout",
            "service_version": "2.1",
            "type": "Paid",
            "content_type": "text/plain",
            "source": "/checkout",
        },
        [("id:m-1", "caused", "header")],
    ),
    Fixture(
        "plain-ids",
        "FastStream: a correlation id and an empty content type",
        "ag2ai/faststream",
        [("content-type", b""), ("correlation_id", b"c-1")],
        {"correlation_id": "c-1", "content_type": ""},
    ),
    *(
        Fixture("plain-ids", key, "common usage", [(key, b"said")], {column: "said"})
        for key, column in {
            "event_id": "message_id",
            "X-Correlation-ID": "correlation_id",
            "x-request-id": "correlation_id",
            "message.type": "type",
            "type": "type",
        }.items()
    ),
]

LISTENER_FAILED = b"org.springframework.kafka.listener.ListenerExecutionFailedException"
SPRING_HOP: Headers = [
    ("kafka_dlt-original-topic", b"orders"),
    ("kafka_dlt-original-partition", int32(3)),
    ("kafka_dlt-original-offset", int64(70_000)),
    ("kafka_dlt-original-timestamp", int64(1_755_900_000_123)),
    ("kafka_dlt-original-timestamp-type", b"CreateTime"),
    ("kafka_dlt-original-consumer-group", b"billing"),
]
SPRING_FAILURE: Headers = [
    ("kafka_dlt-exception-fqcn", LISTENER_FAILED),
    ("kafka_dlt-exception-cause-fqcn", b"shop.SchemaMismatch"),
    (
        "kafka_dlt-exception-message",
        b"Listener method 'void shop.Bill.on(Order)' threw exception; no field `total`",
    ),
]
SPRING_RETRY: Headers = [
    ("kafka_original-topic", b"orders"),
    ("kafka_original-partition", int32(3)),
    ("kafka_original-offset", int64(12)),
    ("kafka_dlt-original-consumer-group", b"billing"),
    ("kafka_exception-fqcn", LISTENER_FAILED),
    ("kafka_exception-cause-fqcn", b"shop.SchemaMismatch"),
    (
        "kafka_exception-message",
        b"Listener failed; nested exception is shop.SchemaMismatch: no field `total`",
    ),
    ("retry_topic-original-timestamp", bytes.fromhex("0198d4a9d27b")),
]
CONNECT: Headers = [
    ("__connect.errors.topic", b"orders"),
    ("__connect.errors.partition", b"3"),
    ("__connect.errors.offset", b"1234"),
    ("__connect.errors.connector.name", b"sink-1"),
    ("__connect.errors.task.id", b"0"),
    ("__connect.errors.stage", b"VALUE_CONVERTER"),
    ("__connect.errors.class.name", b"org.apache.kafka.connect.json.JsonConverter"),
    ("__connect.errors.exception.class.name", b"org.apache.kafka.connect.errors.DataException"),
    ("__connect.errors.exception.message", None),
]
STREAMS: Headers = [
    ("__streams.errors.exception", b"java.lang.IllegalStateException: total: missing"),
    ("__streams.errors.message", b"total: missing"),
    ("__streams.errors.topic", b"orders"),
    ("__streams.errors.partition", b"3"),
    ("__streams.errors.offset", b"12"),
]


def smallrye(topic: bytes, offset: bytes, exception: bytes) -> Headers:
    return [
        ("dead-letter-reason", b"it failed"),
        ("dead-letter-cause", b"total missing"),
        ("dead-letter-topic", topic),
        ("dead-letter-partition", b"3"),
        ("dead-letter-offset", offset),
        ("dead-letter-exception-class-name", b"java.lang.RuntimeException"),
        ("dead-letter-cause-class-name", exception),
    ]


def dead_letter(topic: str, partition: int, offset: int) -> list[Reference]:
    return [(f"event:{topic}/{partition}/{offset}", "dead_lettered", "provenance")]


SAYS_WHY = {"exception_message": "no field `total`"}
FAILED = {"failed_group": "billing", "exception": "shop.SchemaMismatch", "dead_letter": True}
COPIES = [
    Fixture(
        "spring-dead-letter",
        "one hop",
        "spring-kafka DeadLetterRecordManager",
        [*SPRING_HOP, *SPRING_FAILURE],
        copy_of("orders", 3, 70_000, **FAILED, **SAYS_WHY),
        dead_letter("orders", 3, 70_000),
        topic="orders-dlt",
    ),
    Fixture(
        "spring-dead-letter",
        "two hops: original-* are appended, exception-* are replaced",
        "spring-kafka DeadLetterRecordManager",
        [
            *SPRING_HOP,
            ("kafka_dlt-original-topic", b"orders.DLT"),
            ("kafka_dlt-original-partition", int32(0)),
            ("kafka_dlt-original-offset", int64(5)),
            ("kafka_dlt-original-consumer-group", b"repair"),
            ("kafka_dlt-exception-fqcn", b"shop.StillBroken"),
        ],
        copy_of("orders.DLT", 0, 5, failed_group="repair", exception="shop.StillBroken"),
        dead_letter("orders.DLT", 0, 5),
        topic="orders.DLT-dlt",
    ),
    Fixture(
        "spring-dead-letter",
        "a key that cannot be read",
        "spring-kafka DeadLetterRecordManager",
        [
            *SPRING_HOP,
            ("kafka_dlt-key-exception-fqcn", b"shop.BadKey"),
            ("kafka_dlt-key-exception-message", b"failed to deserialize"),
        ],
        copy_of("orders", 3, 70_000, exception="shop.BadKey", exception_message="failed to deserialize"),
        dead_letter("orders", 3, 70_000),
        topic="orders-dlt",
    ),
    *(
        Fixture(
            "spring-retryable-topic",
            f"{hops} hops, on {topic}",
            "spring-kafka RetryTopicHeaders, DeadLetterPublishingRecovererFactory",
            [*SPRING_RETRY, *(("retry_topic-attempts", int32(hop + 2)) for hop in range(hops))],
            copy_of(
                "orders",
                3,
                12,
                **FAILED | SAYS_WHY | {"dead_letter": relation == "dead_lettered"},
                attempt=hops + 1,
            ),
            [("event:orders/3/12", relation, "provenance")],
            topic=topic,
        )
        for hops, topic, relation in (
            (1, "orders-retry-0", "retried"),
            (2, "orders-retry-1000", "retried"),
            (3, "orders-retry", "retried"),
            (4, "orders-dlt", "dead_lettered"),
        )
    ),
    Fixture(
        "spring-retryable-topic",
        "a key that cannot be read; the attempt as one byte, as older versions wrote it",
        "spring-kafka RetryTopicHeaders",
        [
            *SPRING_RETRY[:3],
            ("kafka_key-exception-fqcn", b"shop.BadKey"),
            ("kafka_key-exception-message", b"failed to deserialize"),
            ("retry_topic-attempts", b"\x02"),
        ],
        copy_of(
            "orders", 3, 12, exception="shop.BadKey", exception_message="failed to deserialize", attempt=2
        ),
        [("event:orders/3/12", "retried", "provenance")],
        topic="orders-retry-0",
    ),
    Fixture(
        "spring-retryable-topic",
        "a dead letter that was sent back to its topic: its headers do not make it a dead letter",
        "spring-kafka; trap 20",
        SPRING_RETRY,
        copy_of("orders", 3, 12, dead_letter=False),
        [("event:orders/3/12", "redriven", "provenance")],
    ),
    Fixture(
        "spring-cloud-stream",
        "a binder's dead letter",
        "spring-cloud-stream KafkaMessageChannelBinder",
        [
            ("x-original-topic", b"orders"),
            ("x-original-partition", int32(3)),
            ("x-original-offset", int64(12)),
            ("x-original-timestamp", int64(1_755_900_000_123)),
            ("x-exception-fqcn", b"shop.SchemaMismatch"),
            ("x-exception-message", b"no field `total`"),
        ],
        copy_of("orders", 3, 12, exception="shop.SchemaMismatch", **SAYS_WHY),
        dead_letter("orders", 3, 12),
        topic="error.orders.billing",
    ),
    Fixture(
        "kafka-connect",
        "with context headers",
        "Apache Kafka DeadLetterQueueReporter",
        CONNECT,
        copy_of(
            "orders",
            3,
            1234,
            failed_group="sink-1",
            exception="org.apache.kafka.connect.errors.DataException",
            exception_message="",
            dead_letter=True,
        ),
        dead_letter("orders", 3, 1234),
        topic="dlq-orders",
    ),
    Fixture(
        "kafka-streams",
        "decimal text; the exception with its message",
        "Apache Kafka ExceptionHandlerUtils (KIP-1034)",
        STREAMS,
        copy_of(
            "orders",
            3,
            12,
            exception="java.lang.IllegalStateException",
            exception_message="total: missing",
            dead_letter=True,
        ),
        dead_letter("orders", 3, 12),
        topic="orders.dlq",
    ),
    Fixture(
        "share-group",
        "nothing but headers: key and value are not copied",
        "Apache Kafka ShareGroupDLQRecordHelper (KIP-1191)",
        [
            ("__dlq.errors.topic", b"orders"),
            ("__dlq.errors.partition", b"3"),
            ("__dlq.errors.offset", b"12"),
            ("__dlq.errors.group", b"billing"),
            ("__dlq.errors.delivery.count", b"5"),
            ("__dlq.errors.message", b"given up"),
        ],
        copy_of(
            "orders",
            3,
            12,
            failed_group="billing",
            attempt=5,
            exception_message="given up",
            value_size_bytes=-1,
            dead_letter=True,
        ),
        dead_letter("orders", 3, 12),
        topic="dlq.orders",
        value=None,
    ),
    Fixture(
        "smallrye-dead-letter",
        "dead-lettered twice: the newest comes first",
        "smallrye-reactive-messaging KafkaDeadLetterQueue",
        [
            *smallrye(b"dead-letter-topic-orders", b"5", b"shop.StillBroken"),
            *smallrye(b"orders", b"12", b"shop.SchemaMismatch"),
        ],
        copy_of(
            "dead-letter-topic-orders",
            3,
            5,
            exception="shop.StillBroken",
            exception_message="total missing",
            dead_letter=True,
        ),
        dead_letter("dead-letter-topic-orders", 3, 5),
        topic="dead-letter-topic-repair",
    ),
    Fixture(
        "smallrye-dead-letter",
        "an exception without a cause",
        "smallrye-reactive-messaging KafkaDeadLetterQueue",
        [header for header in smallrye(b"orders", b"12", b"") if "cause" not in header[0]],
        copy_of("orders", 3, 12, exception="java.lang.RuntimeException", exception_message="it failed"),
        dead_letter("orders", 3, 12),
        topic="dead-letter-topic-orders",
    ),
    Fixture(
        "smallrye-delayed-retry",
        "the second retry",
        "smallrye-reactive-messaging KafkaDelayedRetryTopic",
        [
            ("delayed-retry-count", b"2"),
            ("delayed-retry-topic", b"orders"),
            ("delayed-retry-partition", b"3"),
            ("delayed-retry-offset", b"12"),
            ("delayed-retry-reason", b"it failed"),
            ("delayed-retry-cause", b"total missing"),
            ("delayed-retry-exception-class-name", b"java.lang.RuntimeException"),
            ("delayed-retry-cause-class-name", b"shop.SchemaMismatch"),
            ("delayed-retry-count", b"1"),
        ],
        copy_of(
            "orders",
            3,
            12,
            attempt=2,
            exception="shop.SchemaMismatch",
            exception_message="total missing",
            dead_letter=False,
        ),
        [("event:orders/3/12", "retried", "provenance")],
        topic="orders_retry_5000",
    ),
    Fixture(
        "karafka",
        "its trace id is no W3C trace",
        "karafka Pro, dead letter queue",
        [
            ("source_topic", b"orders"),
            ("source_partition", b"3"),
            ("source_offset", b"12"),
            ("source_consumer_group", b"billing"),
            ("source_attempts", b"4"),
            ("source_trace_id", b"b2d1c0"),
        ],
        copy_of("orders", 3, 12, failed_group="billing", attempt=4, trace_id=""),
        dead_letter("orders", 3, 12),
        topic="orders-dlq",
    ),
    Fixture(
        "wolverine-dead-letter",
        "the origin as a URI",
        "JasperFx/wolverine Kafka dead letters",
        [
            ("original-destination", b"kafka://topic/orders"),
            ("original-partition", b"3"),
            ("original-offset", b"12"),
            ("exception-type", b"Shop.SchemaMismatch"),
            ("exception-message", b"no field `total`"),
            ("failed-at", b"1755900000123"),
        ],
        copy_of("orders", 3, 12, exception="Shop.SchemaMismatch", dead_letter=True, **SAYS_WHY),
        dead_letter("orders", 3, 12),
        topic="wolverine-dead-letter-queue",
    ),
    Fixture(
        "wolverine-retry",
        "how often, but not of which record",
        "JasperFx/wolverine Kafka retry topics",
        [("wolverine-kafka-retry-source", b"orders"), ("wolverine-kafka-retry-attempt", b"2")],
        {"attempt": 2, "origin": ""},
        topic="orders.retry.30s",
    ),
    Fixture(
        "headwater-redrive",
        "sent again from a topic that no name gives away",
        "collector.redrive.headers",
        [("headwater-redriven-from", b"attic/3/12"), ("headwater-redrive-id", b"20261124-080000-a1b2c3")],
        {"origin": "event:attic/3/12", "dead_letter": False},
        [("event:attic/3/12", "redriven", "provenance")],
    ),
    Fixture(
        "headwater-redrive",
        "a redriven record that failed again is what its dead letter says",
        "collector.redrive.headers, Spring Kafka",
        [
            ("headwater-redriven-from", b"orders-dlt/3/12"),
            ("kafka_dlt-original-topic", b"orders"),
            ("kafka_dlt-original-partition", (3).to_bytes(4, "big")),
            ("kafka_dlt-original-offset", (40).to_bytes(8, "big")),
        ],
        {"origin": "event:orders/3/40", "dead_letter": True},
        dead_letter("orders", 3, 40),
        topic="orders-dlt",
    ),
]

SCHEMAS = [
    *(
        Fixture(
            "confluent-schema-header",
            case,
            "confluentinc/schema-registry SchemaId.java, HeaderSchemaIdSerializer",
            [("__value_schema_id", written)],
            {"schema_id": schema_id},
        )
        for case, written, schema_id in (
            ("a GUID", b"\x01" + GUID.bytes, f"confluent-guid:{GUID}"),
            ("an id", b"\x00" + int32(42), "confluent:42"),
            ("Protobuf, the first message", b"\x01" + GUID.bytes + b"\x00", f"confluent-guid:{GUID}/0"),
            ("Protobuf, the second message", b"\x01" + GUID.bytes + b"\x02\x02", f"confluent-guid:{GUID}/1"),
            ("Protobuf, nested", b"\x00" + int32(42) + b"\x04\x02\x04", "confluent:42/1.2"),
        )
    ),
    Fixture(
        "confluent-schema-header",
        "of two the last counts",
        "confluentinc/schema-registry HeaderSchemaIdSerializer",
        [("__value_schema_id", b"\x00" + int32(1)), ("__value_schema_id", b"\x00" + int32(2))],
        {"schema_id": "confluent:2"},
    ),
    Fixture(
        "apicurio",
        "a global id of 8 bytes",
        "Apicurio KafkaSerdeHeaders",
        [("apicurio.value.encoding", b"JSON"), ("apicurio.value.globalId", int64(7))],
        {"schema_id": "apicurio-global:7"},
    ),
    Fixture(
        "apicurio",
        "a content id of 8 bytes",
        "Apicurio KafkaSerdeHeaders",
        [("apicurio.value.contentId", int64(70_000))],
        {"schema_id": "apicurio-content:70000"},
    ),
    Fixture(
        "azure-schema-registry",
        "Avro, in the content type",
        "Azure/azure-schema-registry-for-kafka KafkaAvroSerializer",
        [("content-type", f"avro/binary+{GUID.hex}".encode())],
        {"schema_id": f"azure:{GUID.hex}"},
    ),
    Fixture(
        "azure-schema-registry",
        "JSON, in a header of its own",
        "Azure/azure-schema-registry-for-kafka KafkaJsonSerializer",
        [("schemaId", GUID.hex.encode())],
        {"schema_id": f"azure:{GUID.hex}"},
    ),
    Fixture(
        "cloudevents-dataschema",
        "a URI",
        "cloudevents/spec spec.md",
        [("ce_dataschema", b"https://schemas.example/2")],
        {"schema_id": "uri:https://schemas.example/2"},
    ),
]

FIXTURES = [*TRACING, *IDENTITY, *COPIES, *SCHEMAS]


def understood(fixture: Fixture, without: str = "") -> tuple[dict[str, Any], list[Reference]]:
    """Return what is read of a fixture with the whole table, or without one convention."""
    conventions = [convention for convention in CONVENTIONS if convention.name != without]
    row = decoded(Record(fixture.headers, fixture.value), topic=fixture.topic, conventions=conventions)
    return row, references(row)


def references(row: dict[str, Any]) -> list[Reference]:
    return list(
        zip(row["reference_names"], row["reference_relations"], row["reference_evidences"], strict=True)
    )


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda fixture: f"{fixture.convention}: {fixture.case}")
def test_what_a_producer_writes_is_understood(fixture: Fixture) -> None:
    row, found = understood(fixture)

    assert {column: row[column] for column in fixture.says} == fixture.says
    assert found == fixture.references
    assert row["errors"] == []


@pytest.mark.parametrize("convention", CONVENTIONS, ids=lambda convention: convention.name)
def test_every_convention_has_a_fixture_that_needs_it(convention: Any) -> None:
    """A fixture that reads the same without its convention shows nothing of it."""

    def needs_it(fixture: Fixture) -> bool:
        row, found = understood(fixture, without=convention.name)
        return (
            any(row[column] != said for column, said in fixture.says.items()) or found != fixture.references
        )

    assert any(needs_it(fixture) for fixture in FIXTURES if fixture.convention == convention.name)


@pytest.mark.parametrize("convention", CONVENTIONS, ids=lambda convention: convention.name)
def test_every_header_of_a_convention_is_on_a_fixture(convention: Any) -> None:
    planner = Planner(re.compile("(?!)"))
    seen = {
        pick.header
        for fixture in FIXTURES
        for pick in planner.plan(tuple(key for key, _ in fixture.headers), headers_max=100).picks
        if pick.convention == convention
    }

    assert seen == set(convention.headers)


@pytest.mark.parametrize(
    "key",
    ["X_INSTANA_T", "x-b3-TRACEID", "elasticapmtraceparent", "uber-trace-id", "b3", "sw8", "MT-Activity-Id"],
)
@pytest.mark.parametrize("value", [None, b"", b"0", b"1", b"\xff\x00", b"0" * 32, b"|a.1."])
def test_a_context_without_ids_is_no_context_and_no_error(key: str, value: bytes | None) -> None:
    row = decoded(Record([(key, value)]))

    assert (row["trace_id"], row["span_id"], row["names"], row["errors"]) == ("", "", [], [])


def test_names_of_masstransit_meet() -> None:
    """What an effect calls its initiator is what the cause is called, and only among MassTransit's messages."""
    cause = decoded(
        Record([("MessageId", b"m-1"), ("CorrelationId", b"c-1"), ("SourceAddress", b"loopback://a")])
    )
    effect = decoded(
        Record([("MessageId", b"m-2"), ("InitiatorId", b"c-1"), ("SourceAddress", b"loopback://b")])
    )

    assert set(effect["reference_names"]) & set(cause["names"]) == {"id/masstransit-correlation:c-1"}


PRECEDENCE: list[tuple[str, str]] = [
    ("traceparent", f"00-{'1' * 32}-{SPAN}-01"),
    ("b3", f"{'2' * 32}-{SPAN}"),
    ("uber-trace-id", f"{'3' * 32}:{SPAN}:0:1"),
    ("X-Amzn-Trace-Id", f"Root=1-{'4' * 8}-{'4' * 24};Parent={SPAN}"),
    ("sw8", "-".join(["1", base64("5" * 32), base64("segment"), "0", *[base64("x")] * 4])),
    ("MT-Activity-Id", f"00-{'6' * 32}-{SPAN}-01"),
    ("ce_traceparent", f"00-{'7' * 32}-{SPAN}-01"),
]


@pytest.mark.parametrize("first", range(len(PRECEDENCE)))
def test_where_contexts_disagree_the_order_of_the_table_decides_and_all_are_kept(first: int) -> None:
    headers = [(key, value.encode()) for key, value in reversed(PRECEDENCE[first:])]

    row = decoded(Record(headers))

    assert row["trace_id"] == str(first + 1) * 32
    assert list(zip(row["header_names"], row["header_values"], strict=True)) == [
        (key.encode(), value) for key, value in headers
    ]


@pytest.mark.parametrize("topic", ["us.orders", "orders"])
def test_what_copies_without_saying_so_is_no_copy(topic: str) -> None:
    """MirrorMaker 2, a Streams topology without an agent, and a Connect dead letter without context headers."""
    original = decoded(Record([("traceparent", f"00-{TRACE}-{SPAN}-01".encode())]))
    copy = decoded(Record([("traceparent", f"00-{TRACE}-{SPAN}-01".encode())]), topic=topic)

    assert (copy["origin"], copy["reference_names"]) == ("", [])
    assert copy["names"] == original["names"]


def test_a_log_append_time_is_told_from_a_create_time() -> None:
    assert [decoded(Record(timestamp_type=kind))["timestamp_type"] for kind in (0, 1)] == ["create", "append"]
