"""Confluent's serializers for Avro, JSON Schema and Protobuf, with the schema id before the payload and in a header.

Usage: confluent_serializers.py BOOTSTRAP REGISTRY
"""

import sys

from confluent_kafka import Producer
from confluent_kafka.schema_registry import (
    SchemaRegistryClient,
    header_schema_id_serializer,
    prefix_schema_id_serializer,
)
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

AVRO = '{"type": "record", "name": "Order", "fields": [{"name": "order", "type": "int"}]}'
JSON = (
    '{"$schema": "http://json-schema.org/draft-07/schema#", "title": "Order", "type": "object",'
    ' "properties": {"order": {"type": "integer"}}}'
)


def protobuf_messages() -> dict[str, type]:
    """Return message classes Order, Refund and Refund.Line: places [0], [1] and [1, 0] in their file."""
    file = descriptor_pb2.FileDescriptorProto(name="shop.proto", package="shop", syntax="proto3")
    order, refund = file.message_type.add(name="Order"), file.message_type.add(name="Refund")
    for message in (order, refund, refund.nested_type.add(name="Line")):
        message.field.add(name="number", number=1, type=5, label=1)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    names = ("Order", "Refund", "Refund.Line")
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"shop.{name}")) for name in names
    }


producer = Producer({"bootstrap.servers": sys.argv[1]})
apicurio = SchemaRegistryClient.new_client({"url": sys.argv[2]})
# Apicurio does not give schemas GUIDs, which the form with headers needs; the client's own registry in memory does.
with_guids = SchemaRegistryClient.new_client({"url": "mock://guids"})
for form, write_id, registry in (
    ("prefix", prefix_schema_id_serializer, apicurio),
    ("header", header_schema_id_serializer, with_guids),
):
    settings = {"auto.register.schemas": True, "schema.id.serializer": write_id}
    jobs = [
        ("avro", AvroSerializer(registry, AVRO, conf=settings), {"order": 1}),
        ("json", JSONSerializer(JSON, registry, conf=settings), {"order": 1}),
    ]
    for name, message in protobuf_messages().items():
        serialize = ProtobufSerializer(message, registry, conf=settings | {"use.deprecated.format": False})
        jobs.append((f"protobuf-{name.lower()}", serialize, message(number=1)))
    for name, serialize, thing in jobs:
        topic = f"{name}-{form}"
        headers: list[tuple[str, bytes]] = []
        value = serialize(thing, SerializationContext(topic, MessageField.VALUE, headers))
        producer.produce(topic, key="ord-1", value=value, headers=headers)
producer.flush()
