"""The ids that brokers give topics (KIP-516): a topic that is deleted and made anew has its old name and another id.

aiokafka asks for metadata in version 5 at most, which has no ids; this is version 10, in its own building blocks
(https://kafka.apache.org/protocol.html#The_Messages_Metadata).
"""

from base64 import urlsafe_b64encode
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    AbstractType,
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Schema,
    TaggedFields,
)

_NO_ID = bytes(16)  # of a broker that gives none
_TEXT = CompactString("utf-8")


class _Uuid(AbstractType[bytes]):  # type: ignore[misc]  # aiokafka is untyped
    @classmethod
    def encode(cls, value: bytes) -> bytes:
        """Return the bytes as they are."""
        return value

    @classmethod
    def decode(cls, data: Any) -> bytes:
        """Read sixteen bytes."""
        found: bytes = data.read(16)
        return found

    @classmethod
    def repr(cls, value: bytes) -> str:
        """Return it as text."""
        return value.hex()


class _MetadataResponse(Response):  # type: ignore[misc]
    API_KEY = 3
    API_VERSION = 10
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("brokers", CompactArray(
            ("node_id", Int32), ("host", _TEXT), ("port", Int32), ("rack", _TEXT), ("tags", TaggedFields)
        )),
        ("cluster_id", _TEXT),
        ("controller_id", Int32),
        ("topics", CompactArray(
            ("error_code", Int16),
            ("topic", _TEXT),
            ("topic_id", _Uuid),
            ("is_internal", Boolean),
            ("partitions", CompactArray(
                ("error_code", Int16),
                ("partition", Int32),
                ("leader", Int32),
                ("leader_epoch", Int32),
                ("replicas", CompactArray(Int32)),
                ("isr", CompactArray(Int32)),
                ("offline_replicas", CompactArray(Int32)),
                ("tags", TaggedFields),
            )),
            ("authorized_operations", Int32),
            ("tags", TaggedFields),
        )),
        ("authorized_operations", Int32),
        ("tags", TaggedFields),
    )  # fmt: skip


class _MetadataStruct(RequestStruct):  # type: ignore[misc]
    API_KEY = 3
    API_VERSION = 10
    FLEXIBLE_VERSION = True
    RESPONSE_TYPE = _MetadataResponse
    SCHEMA = Schema(
        ("topics", CompactArray(("topic_id", _Uuid), ("topic", _TEXT), ("tags", TaggedFields))),
        ("allow_auto_topic_creation", Boolean),
        ("include_cluster_authorized_operations", Boolean),
        ("include_topic_authorized_operations", Boolean),
        ("tags", TaggedFields),
    )


class _MetadataRequest(Request[_MetadataStruct]):  # type: ignore[misc]
    API_KEY = 3

    def build(self, struct: type[_MetadataStruct]) -> _MetadataStruct:
        """Ask for all topics, and let none be made by asking."""
        return struct(None, False, False, False, {})


async def topic_ids(consumer: AIOKafkaConsumer) -> dict[str, str]:
    """Return the id of every topic that a broker shows. Empty where brokers give none, or do not answer now."""
    client = consumer._client  # the only way to send what aiokafka itself does not
    node = client.get_random_node()
    if node is None:
        return {}
    try:
        answer = await client.send(node, _MetadataRequest())
    except (KafkaError, NotImplementedError):  # away, or older than version 10
        return {}
    return {
        topic["topic"]: urlsafe_b64encode(topic["topic_id"]).decode().rstrip("=")
        for topic in answer.to_object()["topics"]
        if topic["topic_id"] != _NO_ID and not topic["error_code"]
    }
