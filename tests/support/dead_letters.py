"""Dead letters on a broker and in a store, without waiting for a consumer to fail."""

import subprocess
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from confluent_kafka import OFFSET_BEGINNING, Consumer, Message, TopicPartition

from collector.detect.dead_letters_find import FindDeadLetters
from collector.lineage.link import link_batches
from collector.settings import load
from collector.storage.api import Store
from schemas.records import EventRef
from tests.support.headwater import COMMAND, environment_of
from tests.support.processes import spawn
from tests.support.produce import Sent, send
from tests.support.records import Record, record_columns

GROUP = "billing"


def fill(bootstrap: str, topic: str, dead: str, count: int, *, partitions: int = 2) -> list[EventRef]:
    """Send `count` events to `topic` and a dead letter of each to `dead`; return where the dead letters are."""
    events = [
        Sent(
            topic, b'{"order": %d}' % n, b"k-%d" % n, [("message-id", b"m-%d" % n)], partition=n % partitions
        )
        for n in range(count)
    ]
    origins = send(bootstrap, events)
    letters = [_dead_letter(dead, origin, event) for origin, event in zip(origins, events, strict=True)]
    return send(bootstrap, letters)


def _dead_letter(dead: str, origin: EventRef, event: Sent) -> Sent:
    """Return what Spring writes when the listener of GROUP gives up."""
    headers = [
        *event.headers,
        ("kafka_dlt-original-topic", origin.topic.encode()),
        ("kafka_dlt-original-partition", origin.partition.to_bytes(4, "big")),
        ("kafka_dlt-original-offset", origin.offset.to_bytes(8, "big")),
        ("kafka_dlt-original-consumer-group", GROUP.encode()),
        ("kafka_dlt-exception-cause-fqcn", b"shop.CannotRead"),
        ("kafka_dlt-exception-message", b"cannot read order " + (event.key or b"")),
    ]
    return Sent(dead, event.value, event.key, headers, partition=origin.partition)


def read_all(bootstrap: str, topic: str, *, isolation: str = "read_committed") -> list[Message]:
    """Return every record of `topic` as consumers with this isolation level see them."""
    options = {"group.id": "tests-look", "enable.partition.eof": True, "enable.auto.commit": False}
    consumer = Consumer({"bootstrap.servers": bootstrap, "isolation.level": isolation} | options)
    found: list[Message] = []
    try:
        partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
        consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in partitions])
        ended: set[int] = set()
        while len(ended) < len(partitions):
            message = consumer.poll(30)
            assert message is not None, "the broker hands out nothing"
            if message.error():
                ended.add(message.partition())
            else:
                found.append(message)
    finally:
        consumer.close()
    return found


def came_back(messages: Iterable[Message]) -> Counter[str]:
    """Count the redriven records by the dead letter that they were."""
    marks = (dict(message.headers() or []).get("headwater-redriven-from") for message in messages)
    return Counter(mark.decode() for mark in marks if mark)


def look(store: Store, bootstrap: str, topics: Iterable[str], *, batch: int) -> None:
    """Store and link what is on these topics, as a collector would, and find the dead letters among it."""
    now = datetime.now(UTC)
    columns = record_columns()
    for topic in topics:
        for message in read_all(bootstrap, topic):
            record = Record(
                headers=tuple(message.headers() or ()),
                value=message.value(),
                key=message.key(),
                offset=message.offset(),
                timestamp=message.timestamp()[1],
            )
            columns.add(topic, message.partition(), [record], int(now.timestamp() * 1000))
    store.insert("events", columns.table(batch), token=str(batch))
    link_batches(store, [batch])
    FindDeadLetters(store, load()).step(now)


def begin_redrive(settings: Mapping[str, str], folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """Start `headwater redrive …` and do not wait for it; what it prints goes to redrive.log."""
    return spawn(
        [*COMMAND, "redrive", *arguments],
        log=folder / "redrive.log",
        env=environment_of(settings),
        cwd=folder,
    )
