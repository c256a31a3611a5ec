"""Records for tests, sent through librdkafka: quick, and transactions work."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from confluent_kafka import KafkaError, Message, Producer

from schemas.records import EventRef

TIMEOUT_SECONDS = 30
Headers = Sequence[tuple[str, bytes | None]]


@dataclass(frozen=True)
class Sent:
    """A record to send. `timestamp_ms` 0 means now; `partition` None leaves it to the key."""

    topic: str
    value: bytes | None = b"{}"
    key: bytes | None = None
    headers: Headers = ()
    partition: int | None = None
    timestamp_ms: int = 0


def send(
    bootstrap: str, records: Iterable[Sent], *, client: Mapping[str, str] | None = None
) -> list[EventRef]:
    """Send `records` in order and return where each one went. Raises AssertionError if one was refused."""
    producer = Producer(
        {"bootstrap.servers": bootstrap, "linger.ms": "20", "log_level": 0} | dict(client or {})
    )
    refs = _Refs()
    for index, record in enumerate(records):
        _send_one(producer, record, refs.at(index))
    assert producer.flush(TIMEOUT_SECONDS) == 0, "the broker did not take all records in time"
    return refs.all()


def send_in_transaction(
    bootstrap: str, records: Iterable[Sent], *, name: str, commit: bool
) -> list[EventRef]:
    """Send `records` in one transaction that is committed or aborted; return where each one went."""
    producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": name, "log_level": 0})
    producer.init_transactions(TIMEOUT_SECONDS)
    producer.begin_transaction()
    refs = _Refs()
    for index, record in enumerate(records):
        _send_one(producer, record, refs.at(index))
    producer.flush(TIMEOUT_SECONDS)  # aborted records must reach the log, or they would prove nothing
    if commit:
        producer.commit_transaction(TIMEOUT_SECONDS)
    else:
        producer.abort_transaction(TIMEOUT_SECONDS)
    return refs.all()


class _Refs:
    """Collects where records went, in the order in which they were sent."""

    def __init__(self) -> None:
        self._found: dict[int, EventRef] = {}
        self._errors: list[str] = []

    def at(self, index: int) -> Callable[[KafkaError | None, Message], None]:
        def delivered(error: KafkaError | None, message: Message) -> None:
            if error is not None:
                self._errors.append(str(error))
            else:
                self._found[index] = EventRef(message.topic(), message.partition(), message.offset())

        return delivered

    def all(self) -> list[EventRef]:
        assert not self._errors, f"the broker refused {len(self._errors)} records, first: {self._errors[0]}"
        return [self._found[index] for index in sorted(self._found)]


def _send_one(
    producer: Producer, record: Sent, delivered: Callable[[KafkaError | None, Message], None]
) -> None:
    extra = {} if record.partition is None else {"partition": record.partition}
    while True:
        try:
            producer.produce(
                record.topic,
                record.value,
                record.key,
                headers=list(record.headers),
                timestamp=record.timestamp_ms,
                on_delivery=delivered,
                **extra,
            )
        except BufferError:  # the queue is full: let the broker take some
            producer.poll(0.1)
        else:
            producer.poll(0)
            return
