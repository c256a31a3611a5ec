"""Who reads what, and how far: as the brokers say, and nothing when nothing changed."""

from datetime import UTC, datetime, timedelta

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from collector.consume.follow_groups import FollowGroups
from collector.consume.group_offsets import GroupReader, Place, Progress
from collector.errors import BrokerUnavailableError
from collector.settings import load
from collector.storage.api import Store
from tests.integration.conftest import Setup
from tests.support.processes import free_ports

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def produce(bootstrap: str, topic: str, count: int, partition: int = 0) -> None:
    producer = Producer({"bootstrap.servers": bootstrap})
    for _ in range(count):
        producer.produce(topic, b"{}", partition=partition)
    assert producer.flush(10) == 0


def commit(bootstrap: str, group: str, topic: str, offset: int) -> None:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": group, "log_level": 0})
    try:
        consumer.commit(offsets=[TopicPartition(topic, 0, offset)], asynchronous=False)
    finally:
        consumer.close()


def test_progress_of_every_group_but_our_own(any_setup: Setup, store: Store) -> None:
    topic = any_setup.topic("orders", partitions=2)
    other = any_setup.topic("left-out")
    produce(any_setup.bootstrap, topic, 30)
    produce(any_setup.bootstrap, other, 3)
    settings = load(
        bootstrap_servers=any_setup.bootstrap,
        group_id=f"{any_setup.prefix}own",
        include_topics=f"{any_setup.prefix}orders",
    )
    billing = f"{any_setup.prefix}billing"
    for group, read, offset in (
        (billing, topic, 12), (billing, other, 1), (f"{any_setup.prefix}own", topic, 30),
    ):  # fmt: skip
        commit(any_setup.bootstrap, group, read, offset)
    task = FollowGroups(store, settings)

    task.step(NOW)
    task.step(NOW + timedelta(seconds=15))
    commit(any_setup.bootstrap, billing, topic, 20)
    task.step(NOW + timedelta(seconds=30))
    task.step(NOW + timedelta(minutes=6))

    (latest,) = store.query("groups_latest", {"since": NOW})
    assert (latest["consumer_group"], latest["topic"], latest["state"]) == (billing, topic, "empty")
    assert (latest["committed_offset"], latest["lag"], latest["unknown_ends"]) == (20, 10, 0)
    (read_since,) = store.query(
        "groups_read", {"since": NOW + timedelta(seconds=20), "until": NOW + timedelta(hours=1)}
    )
    assert read_since["records"] == 8
    # Nothing had changed at the second look; at the last one nothing had either, but it was long ago.
    assert store.command("SELECT count() FROM group_offsets") == 3
    (poll,) = store.query("groups_polls_latest")
    assert (poll["refused"], poll["partitions"], poll["problem"]) == (0, 1, "")


def test_says_what_is_missing_where_no_broker_answers(store: Store) -> None:
    task = FollowGroups(store, load(bootstrap_servers=f"127.0.0.1:{free_ports(1)[0]}"))

    with pytest.raises(BrokerUnavailableError, match="do not list consumer groups"):
        task.step(NOW)
    task.step(NOW + timedelta(seconds=15))  # too soon to try again

    assert store.command("SELECT count() FROM group_polls") == 1
    assert "do not list consumer groups" in store.query("groups_polls_latest")[0]["problem"]


def test_a_group_that_reads_is_stable(any_setup: Setup) -> None:
    topic = any_setup.topic("orders")
    produce(any_setup.bootstrap, topic, 5)
    group = f"{any_setup.prefix}reader"
    consumer = Consumer(
        {"bootstrap.servers": any_setup.bootstrap, "group.id": group, "auto.offset.reset": "earliest"}
    )
    reader = GroupReader(load(bootstrap_servers=any_setup.bootstrap, include_topics=f"{any_setup.prefix}.*"))
    try:
        consumer.subscribe([topic])
        read = 0
        while read < 3:
            read += consumer.poll(1) is not None
        consumer.commit(offsets=[TopicPartition(topic, 0, 3)], asynchronous=False)
        found = reader.look().progress[Place(group, topic, 0)]
    finally:
        consumer.close()

    assert found == Progress(3, 5, "stable", 1)
