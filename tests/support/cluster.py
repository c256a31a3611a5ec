"""A cluster as its owner sees it."""

from collections.abc import Iterable, Mapping

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

TIMEOUT_SECONDS = 30


class Cluster:
    """Makes topics, deletes records, asks for offsets."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap
        self._admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})

    def create_topic(self, name: str, *, partitions: int = 1, config: Mapping[str, str] | None = None) -> str:
        """Create a topic and return its name."""
        topic = NewTopic(name, num_partitions=partitions, replication_factor=1, config=dict(config or {}))
        self._admin.create_topics([topic])[name].result(TIMEOUT_SECONDS)
        return name

    def delete_topic(self, name: str) -> None:
        """Delete a topic with everything in it."""
        self._admin.delete_topics([name])[name].result(TIMEOUT_SECONDS)

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

    def members(self, group: str) -> list[int]:
        """Return how many partitions each member of `group` reads now."""
        described = self._admin.describe_consumer_groups([group])[group].result(TIMEOUT_SECONDS)
        return [len(member.assignment.topic_partitions) for member in described.members]
