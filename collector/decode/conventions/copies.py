"""Dead letters, retries and other copies: where a record was copied from, for which group, after which failure."""

from typing import Literal

from collector.decode.conventions.model import Convention, Header, Meaning, NumberReader
from collector.decode.conventions.read_values import (
    before_colon,
    big_endian,
    decimal_text,
    last_path_part,
    place_offset,
    place_partition,
    place_topic,
    without_listener,
)
from schemas.records import REDRIVEN_FROM


def _provenance(
    name: str,
    source: str,
    keys: tuple[str, str, str],
    number: NumberReader,
    *extra: Header,
    copy: Literal["first", "last"] = "last",
) -> Convention:
    topic, partition, offset = keys
    return Convention(
        name,
        source,
        (
            Header(topic, Meaning.ORIGIN_TOPIC, copy=copy),
            Header(partition, Meaning.ORIGIN_PARTITION, number, copy=copy),
            Header(offset, Meaning.ORIGIN_OFFSET, number, copy=copy),
            *extra,
        ),
    )


COPIES: tuple[Convention, ...] = (
    _provenance(
        "spring-dead-letter",
        "Spring Kafka DeadLetterPublishingRecoverer; original-* are appended at each hop, so the last is the latest",
        ("kafka_dlt-original-topic", "kafka_dlt-original-partition", "kafka_dlt-original-offset"),
        big_endian,
        Header("kafka_dlt-original-consumer-group", Meaning.FAILED_GROUP),
        Header("kafka_dlt-exception-cause-fqcn", Meaning.EXCEPTION),
        Header("kafka_dlt-exception-fqcn", Meaning.EXCEPTION),
        Header("kafka_dlt-key-exception-fqcn", Meaning.EXCEPTION),
        Header("kafka_dlt-exception-message", Meaning.EXCEPTION_MESSAGE, text=without_listener),
        Header("kafka_dlt-key-exception-message", Meaning.EXCEPTION_MESSAGE, text=without_listener),
    ),
    _provenance(
        "spring-retryable-topic",
        "Spring Kafka @RetryableTopic, RetryTopicHeaders; kafka_original-* are written once and name the main topic, "
        "attempts count what is to come, the dead letter too",
        ("kafka_original-topic", "kafka_original-partition", "kafka_original-offset"),
        big_endian,
        Header("kafka_exception-cause-fqcn", Meaning.EXCEPTION),
        Header("kafka_exception-fqcn", Meaning.EXCEPTION),
        Header("kafka_key-exception-fqcn", Meaning.EXCEPTION),
        Header("kafka_exception-message", Meaning.EXCEPTION_MESSAGE, text=without_listener),
        Header("kafka_key-exception-message", Meaning.EXCEPTION_MESSAGE, text=without_listener),
        Header("retry_topic-attempts", Meaning.ATTEMPT, big_endian),
    ),
    _provenance(
        "spring-cloud-stream",
        "Spring Cloud Stream Kafka binder; appended at each hop",
        ("x-original-topic", "x-original-partition", "x-original-offset"),
        big_endian,
        Header("x-exception-fqcn", Meaning.EXCEPTION),
        Header("x-exception-message", Meaning.EXCEPTION_MESSAGE, text=without_listener),
    ),
    _provenance(
        "kafka-connect",
        "Apache Kafka, KIP-298, DeadLetterQueueReporter",
        ("__connect.errors.topic", "__connect.errors.partition", "__connect.errors.offset"),
        decimal_text,
        Header("__connect.errors.connector.name", Meaning.FAILED_GROUP),
        Header("__connect.errors.exception.class.name", Meaning.EXCEPTION),
        Header("__connect.errors.exception.message", Meaning.EXCEPTION_MESSAGE),
    ),
    _provenance(
        "kafka-streams",
        "Apache Kafka, KIP-1034, ExceptionHandlerUtils; 4.3 writes the class of the exception without its message",
        ("__streams.errors.topic", "__streams.errors.partition", "__streams.errors.offset"),
        decimal_text,
        Header("__streams.errors.exception", Meaning.EXCEPTION, text=before_colon),
        Header("__streams.errors.message", Meaning.EXCEPTION_MESSAGE),
    ),
    _provenance(
        "share-group",
        "Apache Kafka, KIP-1191, written by the broker",
        ("__dlq.errors.topic", "__dlq.errors.partition", "__dlq.errors.offset"),
        decimal_text,
        Header("__dlq.errors.group", Meaning.FAILED_GROUP),
        Header("__dlq.errors.delivery.count", Meaning.ATTEMPT, decimal_text),
        Header("__dlq.errors.message", Meaning.EXCEPTION_MESSAGE),
    ),
    _provenance(
        "smallrye-dead-letter",
        "SmallRye KafkaDeadLetterQueue; the newest headers come first",
        ("dead-letter-topic", "dead-letter-partition", "dead-letter-offset"),
        decimal_text,
        Header("dead-letter-cause-class-name", Meaning.EXCEPTION, copy="first"),
        Header("dead-letter-exception-class-name", Meaning.EXCEPTION, copy="first"),
        Header("dead-letter-cause", Meaning.EXCEPTION_MESSAGE, copy="first"),
        Header("dead-letter-reason", Meaning.EXCEPTION_MESSAGE, copy="first"),
        copy="first",
    ),
    _provenance(
        "smallrye-delayed-retry",
        "SmallRye KafkaDelayedRetryTopic; the newest headers come first",
        ("delayed-retry-topic", "delayed-retry-partition", "delayed-retry-offset"),
        decimal_text,
        Header("delayed-retry-cause-class-name", Meaning.EXCEPTION, copy="first"),
        Header("delayed-retry-exception-class-name", Meaning.EXCEPTION, copy="first"),
        Header("delayed-retry-cause", Meaning.EXCEPTION_MESSAGE, copy="first"),
        Header("delayed-retry-reason", Meaning.EXCEPTION_MESSAGE, copy="first"),
        Header("delayed-retry-count", Meaning.ATTEMPT, decimal_text, copy="first"),
        copy="first",
    ),
    _provenance(
        "karafka",
        "Karafka Pro; its source_trace_id is no W3C trace",
        ("source_topic", "source_partition", "source_offset"),
        decimal_text,
        Header("source_consumer_group", Meaning.FAILED_GROUP),
        Header("source_attempts", Meaning.ATTEMPT, decimal_text),
    ),
    Convention(
        "wolverine-dead-letter",
        "Wolverine dead letters; the origin is a URI that ends in the topic",
        (
            Header("original-destination", Meaning.ORIGIN_TOPIC, text=last_path_part),
            Header("original-partition", Meaning.ORIGIN_PARTITION, decimal_text),
            Header("original-offset", Meaning.ORIGIN_OFFSET, decimal_text),
            Header("exception-type", Meaning.EXCEPTION),
            Header("exception-message", Meaning.EXCEPTION_MESSAGE),
        ),
        needs=("original-destination", "original-offset"),
    ),
    Convention(
        "wolverine-retry",
        "Wolverine's retry topics say how often, but not which record it was",
        (Header("wolverine-kafka-retry-attempt", Meaning.ATTEMPT, decimal_text),),
    ),
    # Last: a redriven record that fails again keeps these marks, and then it is the dead letter that counts.
    Convention(
        "headwater-redrive",
        "Headwater's own redrives: the place of the dead letter, `topic/partition/offset`",
        (
            Header(REDRIVEN_FROM, Meaning.ORIGIN_TOPIC, text=place_topic),
            Header(REDRIVEN_FROM, Meaning.ORIGIN_PARTITION, place_partition),
            Header(REDRIVEN_FROM, Meaning.ORIGIN_OFFSET, place_offset),
        ),
    ),
)
