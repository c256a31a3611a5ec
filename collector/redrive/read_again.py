"""Reads records again at places that are known: payloads are not stored, so Kafka is asked for them."""

import time
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from collector.consume.connection import librdkafka
from collector.errors import BrokerUnavailableError
from collector.settings import Settings
from schemas.records import EventRef

_ANSWER_S_MAX = 30.0
_READ_ON_MAX = 500  # records: from there on seeking is quicker than reading what lies between
_GONE = (KafkaError._PARTITION_EOF, KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE)
_NO_TOPIC = (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_PARTITION, KafkaError._UNKNOWN_TOPIC)


class RecordReader:
    """Fetches single records, quickest in the order of their offsets. It joins no group and commits nothing."""

    def __init__(self, settings: Settings, group: str) -> None:
        self._consumer = Consumer(
            librdkafka(settings)
            | {
                "group.id": group,
                "enable.auto.commit": False,
                "auto.offset.reset": "error",
                "enable.partition.eof": True,
                "isolation.level": "read_committed",  # also: offsets of a transaction count once it is over
                "queued.max.messages.kbytes": 16_384,
            }
        )
        self._address = settings.bootstrap_servers
        self._at: EventRef | None = None
        self._ahead: Message | None = None

    def committed(self, partitions: set[tuple[str, int]]) -> dict[tuple[str, int], tuple[int, str]]:
        """Return offset and metadata of what the group has committed, in transactions that are over."""
        places = [TopicPartition(topic, partition) for topic, partition in sorted(partitions)]
        try:
            found = self._consumer.committed(places, timeout=_ANSWER_S_MAX)
        except KafkaException as error:
            raise self._unavailable(error) from None
        return {
            (each.topic, each.partition): (each.offset, each.metadata or "")
            for each in found
            if each.offset >= 0
        }

    def metadata(self) -> Any:
        """Return what offsets have to be sent with in a transaction."""
        return self._consumer.consumer_group_metadata()

    def fetch(self, ref: EventRef) -> Message | None:
        """Return the record at this place; None where there is none any more."""
        self._go_to(ref)
        deadline = time.monotonic() + _ANSWER_S_MAX
        while time.monotonic() < deadline:
            message, self._ahead = self._ahead or self._consumer.poll(1.0), None
            if message is None:
                continue
            error = message.error()
            if error is not None:
                self._at = None
                if error.code() in _GONE or error.code() in _NO_TOPIC:
                    return None
                if error.fatal() or not error.retriable():
                    raise self._unavailable(KafkaException(error))
                continue
            at = message.offset()
            self._at = EventRef(ref.topic, ref.partition, at + 1)
            if at == ref.offset:
                return message
            if at > ref.offset:  # deleted, compacted, or never committed
                self._ahead, self._at = message, EventRef(ref.topic, ref.partition, at)
                return None
        raise BrokerUnavailableError(
            f"No Kafka broker at {self._address} hands out {ref.topic}/{ref.partition}: "
            f"nothing came in {_ANSWER_S_MAX:.0f} s."
        )

    def close(self) -> None:
        """Leave the brokers."""
        self._consumer.close()

    def _go_to(self, ref: EventRef) -> None:
        at = self._at
        if at and at[:2] == ref[:2] and at.offset <= ref.offset <= at.offset + _READ_ON_MAX:
            return
        self._ahead = None
        self._consumer.assign([TopicPartition(*ref)])
        self._at = ref

    def _unavailable(self, error: KafkaException) -> BrokerUnavailableError:
        return BrokerUnavailableError(
            f"Kafka at {self._address} does not let us read the dead letters: {error.args[0].str()}."
        )
