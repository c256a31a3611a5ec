"""Which schema a payload was written with, where headers say so; what the payload itself says is in read_payload."""

from collector.decode.conventions.model import Convention, Header, Meaning
from collector.decode.conventions.read_values import apicurio_id, azure_content_type, confluent_id, prefixed

SCHEMAS: tuple[Convention, ...] = (
    Convention(
        "confluent-schema-header",
        "Confluent serializers since 8.0, HeaderSchemaIdSerializer; for Protobuf with the place of the message",
        (Header("__value_schema_id", Meaning.SCHEMA_ID, text=confluent_id),),
    ),
    Convention(
        "apicurio",
        "Apicurio Registry serializers with headers enabled; 8-byte big-endian ids",
        (
            Header("apicurio.value.globalId", Meaning.SCHEMA_ID, text=apicurio_id("global")),
            Header("apicurio.value.contentId", Meaning.SCHEMA_ID, text=apicurio_id("content")),
        ),
    ),
    Convention(
        "azure-schema-registry",
        "Azure Schema Registry for Kafka",
        (
            Header("content-type", Meaning.SCHEMA_ID, text=azure_content_type),
            Header("schemaId", Meaning.SCHEMA_ID, text=prefixed("azure")),
        ),
    ),
    Convention(
        "cloudevents-dataschema",
        "CloudEvents 1.0, attribute dataschema",
        (Header("ce_dataschema", Meaning.SCHEMA_ID, text=prefixed("uri")),),
    ),
)
