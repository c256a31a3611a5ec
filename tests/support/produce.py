"""Topics and records for tests, through librdkafka: quick, and transactions work."""

import json
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

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


class Cluster:
    """A cluster as its owner sees it: makes topics, deletes records, asks for offsets."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap
        self._admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})

    def create_topic(self, name: str, *, partitions: int = 1, config: Mapping[str, str] | None = None) -> str:
        """Create a topic and return its name."""
        topic = NewTopic(name, num_partitions=partitions, replication_factor=1, config=dict(config or {}))
        self._admin.create_topics([topic])[name].result(TIMEOUT_SECONDS)
        return name

    def delete_records(self, topic: str, partition: int, before_offset: int) -> None:
        """Delete every record before `before_offset`, as retention would."""
        bound = TopicPartition(topic, partition, before_offset)
        for done in self._admin.delete_records([bound]).values():
            done.result(TIMEOUT_SECONDS)

    def topics(self) -> dict[str, int]:
        """Return every topic, internal ones too, with its number of partitions."""
        listed = self._admin.list_topics(timeout=TIMEOUT_SECONDS).topics
        return {name: len(topic.partitions) for name, topic in listed.items()}

    def ends(self, topics: Iterable[str]) -> dict[tuple[str, int], tuple[int, int]]:
        """Return (first offset, next offset) of every partition of `topics`, control records counted."""
        partitions = self.topics()
        consumer = Consumer(
            {"bootstrap.servers": self.bootstrap, "group.id": "tests-look-at-ends", "log_level": 0}
        )
        try:
            return {
                (topic, partition): consumer.get_watermark_offsets(
                    TopicPartition(topic, partition), timeout=TIMEOUT_SECONDS, cached=False
                )
                for topic in topics
                for partition in range(partitions[topic])
            }
        finally:
            consumer.close()

    def committed(self, group: str, topics: Iterable[str]) -> dict[tuple[str, int], int]:
        """Return the offsets that `group` has committed: the next record that it would read."""
        partitions = self.topics()
        wanted = [TopicPartition(topic, number) for topic in topics for number in range(partitions[topic])]
        consumer = Consumer({"bootstrap.servers": self.bootstrap, "group.id": group, "log_level": 0})
        try:
            found = consumer.committed(wanted, timeout=TIMEOUT_SECONDS)
        finally:
            consumer.close()
        return {(each.topic, each.partition): each.offset for each in found if each.offset >= 0}


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


def prefill(bootstrap: str, topic: str, count: int, *, partitions: int, seed: int = 1) -> None:
    """Send `count` records with six headers and 200 to 500 bytes of JSON each; about ten seconds for 500,000.

    Every second record names an earlier one as its cause, so that links are found too.
    """
    producer = Producer({
        "bootstrap.servers": bootstrap,
        "linger.ms": 50,
        "batch.size": 512 * 1024,
        "queue.buffering.max.messages": 200_000,
        "compression.type": "lz4",
        "log_level": 0,
    })  # fmt: skip
    chance = random.Random(seed)
    payloads = [_payload(chance, number) for number in range(2_000)]
    services = [f"urn:company:{name}".encode() for name in ("checkout", "payments", "shipping", "mail")]
    types = [name.encode() for name in ("OrderPlaced", "PaymentTaken", "ParcelSent", "MailSent")]
    for number in range(count):
        step = number % 4
        trace = f"{number // 4 + 1:032x}"
        headers = [
            ("traceparent", f"00-{trace}-{number + 1:016x}-01".encode()),
            ("message-id", b"m-%d" % number),
            ("causation-id", b"m-%d" % (number - 1) if step else b"command-%d" % number),
            ("correlation-id", b"order-%d" % (number // 4)),
            ("source", services[step]),
            ("type", types[step]),
        ]
        while True:
            try:
                producer.produce(
                    topic,
                    payloads[number % 2_000],
                    b"order-%d" % (number // 4),
                    number % partitions,
                    headers=headers,
                )
                break
            except BufferError:
                producer.poll(0.05)
        if number % 1_000 == 0:
            producer.poll(0)
    assert producer.flush(TIMEOUT_SECONDS) == 0, "the broker did not take all records in time"


def _payload(chance: random.Random, number: int) -> bytes:
    """Return one of five JSON structures, 200 to 500 bytes long."""
    words = "amber basalt cedar delta ember fjord garnet harbor indigo jasper".split()
    order: dict[str, object] = {
        "order": number,
        "customer": {"id": chance.randrange(10**6), "name": chance.choice(words)},
    }
    kind = number % 5
    if kind >= 1:
        order["lines"] = [
            {"sku": chance.choice(words), "qty": chance.randrange(9), "price": 9.99} for _ in range(3)
        ]
    if kind >= 2:
        order["address"] = {"street": chance.choice(words), "city": chance.choice(words), "zip": "10115"}
    if kind >= 3:
        order["paid"] = kind == 3
    if kind == 4:
        order["coupon"] = None
    length = chance.randrange(200, 500)
    order["note"] = ""
    order["note"] = "x" * max(0, length - len(json.dumps(order)))
    return json.dumps(order).encode()
