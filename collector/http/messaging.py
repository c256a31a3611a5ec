"""What spans say about Kafka, under every name that instrumentations have used for it. Pure.

https://opentelemetry.io/docs/specs/semconv/messaging/ and what its older versions said; numbers come as
numbers or as text, depending on the library.
"""

from collections.abc import Mapping
from dataclasses import dataclass

Attribute = str | int | float | bool
Attributes = Mapping[str, Attribute]

UNKNOWN = -1
_INT64_MAX = 2**63 - 1
_INT32_MAX = 2**31 - 1
_TEXT_MAX = 512

SYSTEM = ("messaging.system",)
TOPIC = (
    "messaging.destination.name",
    "messaging.source.name",
    "messaging.destination_publish.name",
    "messaging.destination",
    "messaging.kafka.topic",
    "kafka.topic",
    "message_bus.destination",
)
PARTITION = (
    "messaging.destination.partition.id",
    "messaging.kafka.destination.partition",
    "messaging.kafka.source.partition",
    "messaging.kafka.partition",
    "kafka.partition",
)
OFFSET = ("messaging.kafka.offset", "messaging.kafka.message.offset", "kafka.offset")
GROUP = (
    "messaging.consumer.group.name",
    "messaging.kafka.consumer.group",
    "messaging.kafka.consumer_group",
    "kafka.group",
)
MESSAGE_ID = ("messaging.message.id", "messaging.message_id")
CLUSTER = ("messaging.kafka.cluster.id",)
OPERATION = ("messaging.operation.type", "messaging.operation", "messaging.operation.name")
BATCH_SIZE = ("messaging.batch.message_count",)
HANDS_ON = "messaging.destination_publish.name"
"""FastStream names what it read so. In a handler it sends with the context of what it read, not with its own."""

READ_NAMES = frozenset(
    (*SYSTEM, *TOPIC, *PARTITION, *OFFSET, *GROUP, *MESSAGE_ID, *CLUSTER, *OPERATION, *BATCH_SIZE, HANDS_ON)
)

_OPERATIONS = {
    "publish": "send",
    "send": "send",
    "produce": "send",
    "create": "create",
    "receive": "receive",
    "poll": "receive",
    "process": "process",
    "deliver": "process",
    "consume": "process",
    "settle": "settle",
    "commit": "settle",
    "ack": "settle",
}


@dataclass(frozen=True, slots=True)
class Messaging:
    """Where a span, or one of its links, says a message was. Empty text and UNKNOWN = not said."""

    system: str = ""
    operation: str = ""
    topic: str = ""
    partition: int = UNKNOWN
    offset: int = UNKNOWN
    group: str = ""
    message_id: str = ""
    cluster_id: str = ""
    batch_size: int = UNKNOWN
    hands_on: bool = False


NOTHING = Messaging()


def read_messaging(attributes: Attributes) -> Messaging:
    """Return what these attributes of a span or link say."""
    if not attributes:
        return NOTHING
    topic, message_id = _text(attributes, TOPIC), _text(attributes, MESSAGE_ID)
    partition = _number(attributes, PARTITION, _INT32_MAX)
    offset = _number(attributes, OFFSET, _INT64_MAX)
    system = _text(attributes, SYSTEM).lower()
    if offset == UNKNOWN and system in ("", "kafka"):
        topic, partition, offset = _place_in(message_id, topic, partition)
    return Messaging(
        system=system,
        operation=_OPERATIONS.get(_text(attributes, OPERATION).lower(), ""),
        topic=topic,
        partition=partition,
        offset=offset,
        group=_text(attributes, GROUP),
        message_id=message_id,
        cluster_id=_text(attributes, CLUSTER),
        batch_size=_number(attributes, BATCH_SIZE, _INT64_MAX),
        hands_on=HANDS_ON in attributes,
    )


def _place_in(message_id: str, topic: str, partition: int) -> tuple[str, int, int]:
    """Read the place out of a message id: `topic.partition.offset` (Python), or the offset alone (otelsarama)."""
    if message_id.isascii() and message_id.isdigit():
        known = topic and partition != UNKNOWN
        return topic, partition, _bounded(int(message_id[:20]), _INT64_MAX) if known else UNKNOWN
    named, _, offset = message_id.rpartition(".")
    named, _, place = named.rpartition(".")
    fits = offset.isascii() and offset.isdigit() and place.isascii() and place.isdigit()
    if not named or not fits or len(offset) > 19 or len(place) > 10:
        return topic, partition, UNKNOWN
    if topic not in ("", named) or partition not in (UNKNOWN, int(place)):
        return topic, partition, UNKNOWN
    return named, int(place), int(offset)


def _text(attributes: Attributes, names: tuple[str, ...]) -> str:
    for name in names:
        value = attributes.get(name)
        if value is not None and value != "":
            return str(value)[:_TEXT_MAX]
    return ""


def _number(attributes: Attributes, names: tuple[str, ...], largest: int) -> int:
    for name in names:
        value = attributes.get(name)
        if isinstance(value, str):
            value = value.strip()
            if value.isascii() and value.isdigit() and len(value) <= 19:
                return _bounded(int(value), largest)
        elif isinstance(value, float) and value.is_integer():
            return _bounded(int(value), largest)
        elif isinstance(value, int) and not isinstance(value, bool):
            return _bounded(value, largest)
    return UNKNOWN


def _bounded(value: int, largest: int) -> int:
    return value if 0 <= value <= largest else UNKNOWN
