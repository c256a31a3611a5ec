"""Identity, correlation and causation. The same word means different things in different frameworks."""

from collector.decode.conventions.model import Convention, Header, Meaning
from collector.decode.conventions.read_contexts import w3c
from collector.decode.conventions.read_values import baggage_conversation, baggage_correlation, uuid_or_text

IDENTITY: tuple[Convention, ...] = (
    Convention(
        "cloudevents",
        "CloudEvents 1.0, Kafka protocol binding; extensions causationid and correlationid",
        (
            Header("ce_id", Meaning.MESSAGE_ID),
            Header("ce_source", Meaning.SOURCE),
            Header("ce_type", Meaning.TYPE),
            Header("ce_causationid", Meaning.CAUSATION_ID),
            Header("ce_correlationid", Meaning.CORRELATION_ID),
            Header("ce_serviceversion", Meaning.SERVICE_VERSION),
            Header("content-type", Meaning.CONTENT_TYPE),
        ),
    ),
    Convention(
        "cloudevents-http",
        "CloudEvents 1.0, HTTP binding: its prefix is found on Kafka by mistake",
        (
            Header("ce-id", Meaning.MESSAGE_ID),
            Header("ce-source", Meaning.SOURCE),
            Header("ce-type", Meaning.TYPE),
            Header("ce-causationid", Meaning.CAUSATION_ID),
            Header("ce-correlationid", Meaning.CORRELATION_ID),
        ),
        needs=("ce-id", "ce-specversion"),
    ),
    Convention(
        "nservicebus",
        "NServiceBus headers: RelatedTo is the message that was being handled",
        (
            Header("NServiceBus.MessageId", Meaning.MESSAGE_ID),
            Header("NServiceBus.RelatedTo", Meaning.CAUSATION_ID),
            Header("NServiceBus.CorrelationId", Meaning.CORRELATION_ID),
            Header("NServiceBus.ConversationId", Meaning.CONVERSATION_ID),
            Header("NServiceBus.OriginatingEndpoint", Meaning.SERVICE),
            Header("NServiceBus.EnclosedMessageTypes", Meaning.TYPE),
            Header("NServiceBus.ContentType", Meaning.CONTENT_TYPE),
        ),
    ),
    Convention(
        "masstransit",
        "MassTransit Kafka rider: InitiatorId is the CorrelationId of the consumed message, not its MessageId",
        (
            Header("MessageId", Meaning.MESSAGE_ID, copy="first"),
            Header("CorrelationId", Meaning.MESSAGE_ID, copy="first", namespace="masstransit-correlation"),
            Header("InitiatorId", Meaning.CAUSATION_ID, copy="first", namespace="masstransit-correlation"),
            Header("CorrelationId", Meaning.CORRELATION_ID, copy="first"),
            Header("ConversationId", Meaning.CONVERSATION_ID, copy="first"),
            Header("SourceAddress", Meaning.SOURCE, copy="first"),
            Header("MT-Host-ProcessName", Meaning.SERVICE, copy="first"),
            Header("MT-Host-AssemblyVersion", Meaning.SERVICE_VERSION, copy="first"),
        ),
        needs=("messageid", "sourceaddress"),
    ),
    Convention(
        "wolverine",
        "Wolverine envelopes: parent-id is the activity of the sending span",
        (
            Header("id", Meaning.MESSAGE_ID),
            Header("causation-id", Meaning.CAUSATION_ID),
            Header("correlation-id", Meaning.CORRELATION_ID),
            Header("conversation-id", Meaning.CONVERSATION_ID),
            Header("source", Meaning.SERVICE),
            Header("message-type", Meaning.TYPE),
            Header("parent-id", Meaning.TRACE_CONTEXT),
        ),
        needs=("id", "message-type", "conversation-id"),
        context=w3c,
    ),
    Convention(
        "axon-5",
        "Axon Framework 5: causationId is the preceding message, correlationId the first",
        (
            Header("axon-message-id", Meaning.MESSAGE_ID),
            Header("axon-metadata-causationId", Meaning.CAUSATION_ID),
            Header("axon-metadata-correlationId", Meaning.CONVERSATION_ID),
            Header("axon-message-type", Meaning.TYPE),
        ),
        needs=("axon-message-id", "axon-metadata-causationid"),
    ),
    Convention(
        "axon-4",
        "Axon Framework 4: correlationId is the preceding message, traceId the first one (and no trace)",
        (
            Header("axon-message-id", Meaning.MESSAGE_ID),
            Header("axon-metadata-correlationId", Meaning.CAUSATION_ID),
            Header("axon-metadata-traceId", Meaning.CONVERSATION_ID),
            Header("axon-message-type", Meaning.TYPE),
        ),
        needs=("axon-message-id",),
        unless=("axon-metadata-causationid",),
    ),
    Convention(
        "cap",
        "dotnetcore CAP: cap-corr-id is the message that a callback answers, else the message itself",
        (
            Header("cap-msg-id", Meaning.MESSAGE_ID),
            Header("cap-corr-id", Meaning.CAUSATION_ID),
            Header("cap-msg-name", Meaning.TYPE),
        ),
        needs=("cap-msg-id",),
    ),
    Convention(
        "rebus",
        "Rebus headers",
        (
            Header("rbs2-msg-id", Meaning.MESSAGE_ID),
            Header("rbs2-in-reply-to", Meaning.CAUSATION_ID),
            Header("rbs2-corr-id", Meaning.CORRELATION_ID),
            Header("rbs2-msg-type", Meaning.TYPE),
        ),
    ),
    Convention(
        "eventuate",
        "Eventuate Tram: reply_to_message_id is the command that is answered",
        (
            Header("ID", Meaning.MESSAGE_ID),
            Header("reply_to_message_id", Meaning.CAUSATION_ID),
            Header("event-type", Meaning.TYPE),
            Header("command_type", Meaning.TYPE),
        ),
        needs=("id", "destination", "partition_id"),
    ),
    Convention(
        "spring",
        "Spring Kafka: kafka_correlationId pairs a reply with its request and says nothing of causes or flows",
        (
            Header("kafka_correlationId", Meaning.REPLY_ID, text=uuid_or_text),
            Header("__TypeId__", Meaning.TYPE),
            Header("contentType", Meaning.CONTENT_TYPE),
        ),
    ),
    Convention(
        "debezium-outbox",
        "Debezium outbox event router: the header id is the event's id",
        (Header("id", Meaning.MESSAGE_ID),),
    ),
    Convention(
        "deployment",
        "OpenTelemetry resource attributes, where producers put them on records",
        (
            Header("service.name", Meaning.SERVICE),
            Header("service.version", Meaning.SERVICE_VERSION),
        ),
    ),
    Convention(
        "plain-ids",
        "common usage (FastStream's among it), no standard",
        (
            Header("messageid", Meaning.MESSAGE_ID),
            Header("eventid", Meaning.MESSAGE_ID),
            Header("causationid", Meaning.CAUSATION_ID),
            Header("correlationid", Meaning.CORRELATION_ID),
            Header("xcorrelationid", Meaning.CORRELATION_ID),
            Header("xrequestid", Meaning.CORRELATION_ID),
            Header("conversationid", Meaning.CONVERSATION_ID),
            Header("servicename", Meaning.SERVICE),
            Header("serviceversion", Meaning.SERVICE_VERSION),
            Header("source", Meaning.SOURCE),
            Header("eventtype", Meaning.TYPE),
            Header("messagetype", Meaning.TYPE),
            Header("type", Meaning.TYPE),
            Header("contenttype", Meaning.CONTENT_TYPE),
        ),
        loose=True,
    ),
    Convention(
        "w3c-baggage",
        "W3C Baggage: handed on from service to service, so its ids name a flow and never a cause",
        (
            Header("baggage", Meaning.CORRELATION_ID, text=baggage_correlation),
            Header("baggage", Meaning.CONVERSATION_ID, text=baggage_conversation),
        ),
    ),
)
