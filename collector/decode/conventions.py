"""The table of header conventions: what producers put on records, and what it means.

One `Convention` per habit, in order of precedence: where two say the same thing, the earlier one counts and
both stay in the stored headers. To add one, copy a neighbour. Key names are matched without regard to case;
those of a `loose` convention also without `-`, `_` and `.`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Meaning(StrEnum):
    """What a header says, whatever its name is in a framework."""

    TRACE_CONTEXT = "trace context"
    MESSAGE_ID = "message id"
    CAUSATION_ID = "causation id"
    CORRELATION_ID = "correlation id"
    SOURCE = "source"
    SERVICE = "service"
    TYPE = "event type"
    CONTENT_TYPE = "content type"
    ORIGIN_TOPIC = "origin topic"
    ORIGIN_PARTITION = "origin partition"
    ORIGIN_OFFSET = "origin offset"
    FAILED_GROUP = "failed consumer group"
    EXCEPTION = "exception"


NumberReader = Callable[[bytes], int]


def big_endian(value: bytes) -> int:
    """Read a signed big-endian number of any length. Raises ValueError for an empty value."""
    if not value:
        raise ValueError("empty")
    return int.from_bytes(value, "big", signed=True)


def decimal_text(value: bytes) -> int:
    """Read a number written as decimal digits. Raises ValueError for anything else."""
    if not value.isdigit() or len(value) > 19:
        raise ValueError("not decimal digits")
    return int(value)


@dataclass(frozen=True)
class Header:
    """One header of a convention. `copy` says which one counts where the key repeats."""

    key: str
    meaning: Meaning
    number: NumberReader | None = None
    copy: Literal["first", "last"] = "last"


@dataclass(frozen=True)
class Convention:
    """A habit of some producer. `source` is where the rule is written down."""

    name: str
    source: str
    headers: tuple[Header, ...]
    loose: bool = False


def _provenance(
    name: str,
    source: str,
    prefix: str,
    number: NumberReader,
    *extra: Header,
    keys: tuple[str, str, str] = ("topic", "partition", "offset"),
) -> Convention:
    topic, partition, offset = (prefix + key for key in keys)
    return Convention(
        name,
        source,
        (
            Header(topic, Meaning.ORIGIN_TOPIC),
            Header(partition, Meaning.ORIGIN_PARTITION, number),
            Header(offset, Meaning.ORIGIN_OFFSET, number),
            *extra,
        ),
    )


CONVENTIONS: tuple[Convention, ...] = (
    Convention(
        "w3c-trace-context",
        "W3C Trace Context, section 3.2",
        (Header("traceparent", Meaning.TRACE_CONTEXT),),
    ),
    Convention(
        "cloudevents",
        "CloudEvents 1.0, Kafka protocol binding, binary content mode; extensions causationid and correlationid",
        (
            Header("ce_id", Meaning.MESSAGE_ID),
            Header("ce_source", Meaning.SOURCE),
            Header("ce_type", Meaning.TYPE),
            Header("ce_causationid", Meaning.CAUSATION_ID),
            Header("ce_correlationid", Meaning.CORRELATION_ID),
            Header("content-type", Meaning.CONTENT_TYPE),
        ),
    ),
    _provenance(
        "spring-dead-letter",
        "Spring Kafka DeadLetterPublishingRecoverer; original-* are appended at each hop, so the last is the latest",
        "kafka_dlt-original-",
        big_endian,
        Header("kafka_dlt-original-consumer-group", Meaning.FAILED_GROUP),
        Header("kafka_dlt-exception-cause-fqcn", Meaning.EXCEPTION),
        Header("kafka_dlt-exception-fqcn", Meaning.EXCEPTION),
    ),
    _provenance(
        "spring-retryable-topic",
        "Spring Kafka @RetryableTopic, RetryTopicHeaders; kafka_original-* are written once and name the main topic",
        "kafka_original-",
        big_endian,
        Header("kafka_exception-cause-fqcn", Meaning.EXCEPTION),
        Header("kafka_exception-fqcn", Meaning.EXCEPTION),
    ),
    _provenance(
        "kafka-connect",
        "Apache Kafka, KIP-298, DeadLetterQueueReporter",
        "__connect.errors.",
        decimal_text,
        Header("__connect.errors.connector.name", Meaning.FAILED_GROUP),
        Header("__connect.errors.exception.class.name", Meaning.EXCEPTION),
    ),
    _provenance(
        "kafka-streams",
        "Apache Kafka, KIP-1034, ExceptionHandlerUtils",
        "__streams.errors.",
        decimal_text,
        Header("__streams.errors.exception", Meaning.EXCEPTION),
    ),
    Convention(
        "debezium-outbox",
        "Debezium outbox event router: the header id is the event's id",
        (Header("id", Meaning.MESSAGE_ID),),
    ),
    Convention(
        "plain-ids",
        "common usage, no standard",
        (
            Header("messageid", Meaning.MESSAGE_ID),
            Header("eventid", Meaning.MESSAGE_ID),
            Header("causationid", Meaning.CAUSATION_ID),
            Header("correlationid", Meaning.CORRELATION_ID),
            Header("xcorrelationid", Meaning.CORRELATION_ID),
            Header("servicename", Meaning.SERVICE),
            Header("source", Meaning.SOURCE),
            Header("eventtype", Meaning.TYPE),
            Header("messagetype", Meaning.TYPE),
            Header("type", Meaning.TYPE),
        ),
        loose=True,
    ),
)
