"""Makes the company's topics on a broker and says where each partition ends."""

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from collector.demo.services import topics
from collector.errors import BrokerUnavailableError

ALREADY_EXISTS = 36


async def create_topics(bootstrap_servers: str) -> None:
    """Create what is missing. Raises BrokerUnavailableError where the broker refuses."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await admin.start()
    try:
        wanted = [NewTopic(name, partitions, 1) for name, partitions in topics().items()]
        answer = await admin.create_topics(wanted)
    finally:
        await admin.close()
    for name, code, *reason in answer.topic_errors:
        if code not in (0, ALREADY_EXISTS):
            raise BrokerUnavailableError(
                f"The broker did not create the topic {name}: {reason} (error {code})."
            )


async def ends(bootstrap_servers: str) -> dict[tuple[str, int], int]:
    """Return the offset at which the next record of each partition will be.

    Not to be asked of a Tansu broker that holds records: its answer is too low.
    """
    places = await _places(bootstrap_servers)
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap_servers)
    await consumer.start()
    try:
        found = await consumer.end_offsets(places)
    finally:
        await consumer.stop()
    return {(place.topic, place.partition): offset for place, offset in found.items()}


async def _places(bootstrap_servers: str) -> list[TopicPartition]:
    """Ask the broker: a topic that was there before may have another number of partitions than we want."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await admin.start()
    try:
        described = await admin.describe_topics(list(topics()))
    finally:
        await admin.close()
    return [
        TopicPartition(topic["topic"], partition["partition"])
        for topic in described
        for partition in topic["partitions"]
    ]
