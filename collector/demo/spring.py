"""The headers that Spring for Apache Kafka writes on retried and dead-lettered records, byte for byte. Pure.

`@RetryableTopic` and `DeadLetterPublishingRecoverer` use two families of names; the group has one in both.
"""

from collector.demo.model import Failure, Record
from schemas.records import EventRef

LISTENER_FAILED = "org.springframework.kafka.listener.ListenerExecutionFailedException"
ORIGINAL_TOPIC = "kafka_original-topic"
ATTEMPTS = "retry_topic-attempts"
BACKOFF = "retry_topic-backoff-timestamp"
FIRST_SEEN = "retry_topic-original-timestamp"


def retry_headers(record: Record, failure: Failure) -> list[tuple[str, bytes | None]]:
    """Return the headers of `record` on its way to the next retry topic, or to the dead letters after the last.

    `kafka_original-*` is written once and points to the main topic; `retry_topic-*` grows with each hop, the
    last is current; `kafka_exception-*` is replaced.
    """
    headers = [(key, value) for key, value in record.headers if not key.startswith("kafka_exception-")]
    if record.header(ORIGINAL_TOPIC) is None:
        headers += _origin(record, "kafka_original-")
        headers.append(("kafka_dlt-original-consumer-group", failure.group.encode()))
    headers += _exception(failure, "kafka_exception-")
    first_seen = record.header(FIRST_SEEN) or minimal_bytes(_milliseconds(record.time_s))
    headers.append((FIRST_SEEN, first_seen))
    headers.append((ATTEMPTS, (failure.attempts + 1).to_bytes(4, "big")))
    headers.append((BACKOFF, minimal_bytes(_milliseconds(failure.retry_at_s))))
    return headers


def dead_letter_headers(record: Record, failure: Failure) -> list[tuple[str, bytes | None]]:
    """Return the headers of `record` on its way to a dead-letter topic without retries (`kafka_dlt-*`)."""
    headers = [(key, value) for key, value in record.headers if not key.startswith("kafka_dlt-exception-")]
    headers += _origin(record, "kafka_dlt-original-")
    headers.append(("kafka_dlt-original-consumer-group", failure.group.encode()))
    return headers + _exception(failure, "kafka_dlt-exception-")


def origin(record: Record) -> EventRef:
    """Return the record on the main topic that this one is a copy of; its own place where it is no copy."""
    topic = record.header(ORIGINAL_TOPIC)
    if topic is None:
        return record.ref
    partition = record.header("kafka_original-partition") or b""
    offset = record.header("kafka_original-offset") or b""
    return EventRef(topic.decode(), int.from_bytes(partition, "big"), int.from_bytes(offset, "big"))


def attempts(record: Record) -> int:
    """Return how often this record has been tried, this time included."""
    value = record.header(ATTEMPTS)
    return int.from_bytes(value, "big") if value else 1


def not_before_s(record: Record) -> float:
    """Return the earliest time, in seconds since 1970, at which a retry topic's record may be tried again."""
    return int.from_bytes(record.header(BACKOFF) or b"", "big") / 1000


def minimal_bytes(number: int) -> bytes:
    """Return `number` as Java's `BigInteger.toByteArray` does: two's complement, no byte more than needed."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True)


def _origin(record: Record, prefix: str) -> list[tuple[str, bytes | None]]:
    return [
        (f"{prefix}topic", record.ref.topic.encode()),
        (f"{prefix}partition", record.ref.partition.to_bytes(4, "big")),
        (f"{prefix}offset", record.ref.offset.to_bytes(8, "big")),
        (f"{prefix}timestamp", _milliseconds(record.time_s).to_bytes(8, "big")),
        (f"{prefix}timestamp-type", b"CreateTime"),
    ]


def _exception(failure: Failure, prefix: str) -> list[tuple[str, bytes | None]]:
    listener = f"shop.{failure.group}.Listener.on({failure.group.title()}Command)"
    cause = f"{failure.exception}: {failure.message}"
    message = f"Listener method '{listener}' threw exception; nested exception is {cause}"
    trace = (
        f"{LISTENER_FAILED}: {message}\n"
        "\tat org.springframework.kafka.listener.adapter.MessagingMessageListenerAdapter.invokeHandler\n"
        f"Caused by: {cause}\n\tat {listener.partition('(')[0]}(Listener.java:88)\n"
    )
    return [
        (f"{prefix}fqcn", LISTENER_FAILED.encode()),
        (f"{prefix}cause-fqcn", failure.exception.encode()),
        (f"{prefix}message", message.encode()),
        (f"{prefix}stacktrace", trace.encode()),
    ]


def _milliseconds(time_s: float) -> int:
    return round(time_s * 1000)
