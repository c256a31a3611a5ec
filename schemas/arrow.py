"""The columns that Headwater writes, as Arrow schemas. A test compares them with the migrated tables.

Text is valid UTF-8; what comes raw from the wire (keys, header names, header values) is binary.
"""

import pyarrow as pa

_UTC_MS = pa.timestamp("ms", tz="UTC")
_UTC_US = pa.timestamp("us", tz="UTC")

EVENTS = pa.schema(
    [
        ("topic", pa.string()),
        ("partition", pa.uint32()),
        ("offset", pa.uint64()),
        ("time", _UTC_MS),
        ("record_timestamp_ms", pa.int64()),
        ("timestamp_type", pa.string()),
        ("observed_time", _UTC_MS),
        ("key", pa.binary()),
        ("value_size_bytes", pa.int64()),
        ("header_names", pa.list_(pa.binary())),
        ("header_values", pa.list_(pa.binary())),
        ("trace_id", pa.string()),
        ("span_id", pa.string()),
        ("parent_span_id", pa.string()),
        ("trace_convention", pa.string()),
        ("message_id", pa.string()),
        ("source", pa.string()),
        ("service", pa.string()),
        ("service_version", pa.string()),
        ("type", pa.string()),
        ("correlation_id", pa.string()),
        ("conversation_id", pa.string()),
        ("reply_id", pa.string()),
        ("content_type", pa.string()),
        ("schema_id", pa.string()),
        ("shape_id", pa.uint64()),
        ("dead_letter", pa.bool_()),
        ("origin", pa.string()),
        ("failed_group", pa.string()),
        ("exception", pa.string()),
        ("exception_message", pa.string()),
        ("attempt", pa.uint32()),
        ("pathway_hash", pa.uint64()),
        ("pathway_start_ms", pa.int64()),
        ("names", pa.list_(pa.string())),
        ("reference_names", pa.list_(pa.string())),
        ("reference_relations", pa.list_(pa.string())),
        ("reference_evidences", pa.list_(pa.string())),
        ("errors", pa.list_(pa.string())),
        ("batch", pa.uint64()),
    ]
)

_EDGE_ENDS = [
    ("effect_topic", pa.string()),
    ("effect_partition", pa.uint32()),
    ("effect_offset", pa.uint64()),
    ("cause_topic", pa.string()),
    ("cause_partition", pa.uint32()),
    ("cause_offset", pa.uint64()),
]
_EDGE_FACTS = [
    ("confidence", pa.float32()),
    ("name", pa.string()),
    ("cause_time", _UTC_MS),
    ("effect_time", _UTC_MS),
    ("cause_service", pa.string()),
    ("effect_service", pa.string()),
    ("cause_type", pa.string()),
    ("effect_type", pa.string()),
]

EDGES = pa.schema(
    [
        *_EDGE_ENDS,
        ("relation", pa.string()),
        ("evidence", pa.string()),
        *_EDGE_FACTS,
        ("linked_time", _UTC_MS),
    ]
)

EDGE_CANDIDATES = pa.schema([*_EDGE_ENDS, *_EDGE_FACTS, ("inferred_time", _UTC_MS)])

EDGE_HABITS = pa.schema(
    [
        ("effect_topic", pa.string()),
        ("effect_type", pa.string()),
        ("effect_service", pa.string()),
        ("cause_topic", pa.string()),
        ("cause_type", pa.string()),
        ("cause_service", pa.string()),
        ("shared", pa.string()),
        ("weight", pa.float64()),
        ("latency", pa.list_(pa.float32())),
        ("ranks", pa.list_(pa.float32())),
        ("at_most", pa.uint32()),
        ("learned_time", _UTC_MS),
    ]
)

INFER_PROGRESS = pa.schema(
    [("name", pa.string()), ("looked_until", _UTC_MS), ("updated_time", _UTC_MS)],
)

CONSTANTS = pa.schema([("name", pa.string()), ("found_time", _UTC_MS)])

TOPICS = pa.schema(
    [
        ("topic", pa.string()),
        ("topic_id", pa.string()),
        ("collector", pa.string()),
        ("first_time", _UTC_MS),
        ("until_time", _UTC_MS),
        ("former", pa.string()),
        ("moved", pa.bool_()),
        ("written", pa.timestamp("us", "UTC")),
    ]
)

CLUSTERS = pa.schema([("cluster_id", pa.string()), ("first_time", _UTC_MS)])

SHAPES = pa.schema(
    [
        ("topic", pa.string()),
        ("type", pa.string()),
        ("shape_id", pa.uint64()),
        ("paths", pa.list_(pa.string())),
        ("first_partition", pa.uint32()),
        ("first_offset", pa.uint64()),
        ("first_time", _UTC_MS),
        ("observed_time", _UTC_MS),
    ]
)

COLLECTOR_ERRORS = pa.schema(
    [
        ("observed_time", _UTC_MS),
        ("collector", pa.string()),
        ("topic", pa.string()),
        ("partition", pa.uint32()),
        ("offset", pa.uint64()),
        ("kind", pa.string()),
        ("message", pa.string()),
    ]
)

COLLECTOR_PARTITIONS = pa.schema(
    [
        ("topic", pa.string()),
        ("partition", pa.uint32()),
        ("observed_time", _UTC_MS),
        ("collector", pa.string()),
        ("committed_offset", pa.uint64()),
        ("end_offset", pa.uint64()),
        ("paused", pa.bool_()),
    ]
)

COLLECTOR_STATUS = pa.schema(
    [
        ("collector", pa.string()),
        ("observed_time", _UTC_MS),
        ("started_time", _UTC_MS),
        ("records_total", pa.uint64()),
        ("bytes_total", pa.uint64()),
        ("errors_total", pa.uint64()),
        ("records_per_second", pa.float64()),
        ("flush_ms", pa.float64()),
        ("link_ms", pa.float64()),
        ("buffered_records", pa.uint64()),
        ("buffered_bytes", pa.uint64()),
        ("assigned_partitions", pa.uint32()),
        ("rss_bytes", pa.uint64()),
        ("state", pa.string()),
    ]
)

WATCH_STATUS = pa.schema(
    [
        ("task", pa.string()),
        ("observed_time", _UTC_MS),
        ("elapsed_ms", pa.float64()),
        ("problem", pa.string()),
    ]
)

SCHEMA_CHANGES = pa.schema(
    [
        ("topic", pa.string()),
        ("type", pa.string()),
        ("change_id", pa.string()),
        ("kind", pa.string()),
        ("service", pa.string()),
        ("service_version", pa.string()),
        ("first_time", _UTC_MS),
        ("first_partition", pa.uint32()),
        ("first_offset", pa.uint64()),
        ("detected_time", _UTC_MS),
        ("from_shape", pa.uint64()),
        ("to_shape", pa.uint64()),
        ("from_schema", pa.string()),
        ("to_schema", pa.string()),
        ("new_shapes", pa.list_(pa.uint64())),
        ("old_shapes", pa.list_(pa.uint64())),
        ("fields", pa.string()),
        ("summary", pa.string()),
        ("verdict", pa.string()),
        ("verdict_rule", pa.string()),
        ("state", pa.string()),
        ("new_events", pa.uint64()),
        ("old_events", pa.uint64()),
        ("new_share", pa.float64()),
        ("last_new_time", _UTC_MS),
        ("last_old_time", _UTC_MS),
        ("complete_time", _UTC_MS),
        ("reverted_time", _UTC_MS),
        ("evidence", pa.string()),
        ("observed_time", _UTC_MS),
    ]
)
INCIDENTS = pa.schema(
    [
        ("incident_id", pa.string()),
        ("kind", pa.string()),
        ("scope", pa.string()),
        ("topic", pa.string()),
        ("service", pa.string()),
        ("consumer_group", pa.string()),
        ("flow", pa.string()),
        ("team", pa.string()),
        ("severity", pa.string()),
        ("title", pa.string()),
        ("impact_time", _UTC_MS),
        ("detected_time", _UTC_MS),
        ("acknowledged_time", _UTC_MS),
        ("mitigated_time", _UTC_MS),
        ("resolved_time", _UTC_MS),
        ("reopened", pa.uint16()),
        ("parent_id", pa.string()),
        ("backfilled", pa.bool_()),
        ("bad", pa.uint64()),
        ("total", pa.uint64()),
        ("left_behind", pa.uint64()),
        ("causes", pa.string()),
        ("sample_events", pa.list_(pa.string())),
        ("state", pa.string()),
        ("acknowledged_by", pa.string()),
        ("version", pa.uint64()),
    ]
)

INCIDENT_CHANGES = pa.schema(
    [
        ("incident_id", pa.string()),
        ("time", _UTC_MS),
        ("change", pa.string()),
        ("text", pa.string()),
        ("change_key", pa.string()),
    ]
)

INCIDENT_ACKNOWLEDGEMENTS = pa.schema(
    [("incident_id", pa.string()), ("time", _UTC_MS), ("by", pa.string()), ("source", pa.string())]
)

INCIDENT_MARKS = pa.schema([("name", pa.string()), ("time", _UTC_MS), ("version", pa.uint64())])

USUAL_STEPS = pa.schema(
    [
        ("cause_topic", pa.string()),
        ("cause_type", pa.string()),
        ("effect_topic", pa.string()),
        ("effect_type", pa.string()),
        ("service", pa.string()),
        ("share", pa.float32()),
        ("causes", pa.uint64()),
        ("patience_ms", pa.uint64()),
        ("instead_topics", pa.list_(pa.string())),
        ("instead_types", pa.list_(pa.string())),
        ("usual_time", _UTC_MS),
        ("learned_time", _UTC_MS),
    ]
)

DEPLOYMENTS = pa.schema(
    [
        ("service", pa.string()),
        ("version", pa.string()),
        ("environment", pa.string()),
        ("time", _UTC_MS),
        ("source", pa.string()),
        ("deployment_id", pa.string()),
        ("url", pa.string()),
        ("observed_time", _UTC_MS),
    ]
)

ALERTS = pa.schema(
    [
        ("alert_id", pa.string()),
        ("incident_id", pa.string()),
        ("transition", pa.string()),
        ("channel", pa.string()),
        ("created_time", _UTC_MS),
        ("state", pa.string()),
        ("attempts", pa.uint32()),
        ("next_time", _UTC_MS),
        ("sent_time", _UTC_MS),
        ("problem", pa.string()),
        ("version", pa.uint64()),
    ]
)

SPANS = pa.schema(
    [
        ("trace_id", pa.string()),
        ("span_id", pa.string()),
        ("parent_span_id", pa.string()),
        ("kind", pa.string()),
        ("service", pa.string()),
        ("service_version", pa.string()),
        ("environment", pa.string()),
        ("name", pa.string()),
        ("start_time", _UTC_US),
        ("end_time", _UTC_US),
        ("status_error", pa.bool_()),
        ("system", pa.string()),
        ("operation", pa.string()),
        ("topic", pa.string()),
        ("partition", pa.int32()),
        ("offset", pa.int64()),
        ("consumer_group", pa.string()),
        ("message_id", pa.string()),
        ("cluster_id", pa.string()),
        ("batch_size", pa.int64()),
        ("hands_on", pa.bool_()),
        ("link_trace_ids", pa.list_(pa.string())),
        ("link_span_ids", pa.list_(pa.string())),
        ("link_topics", pa.list_(pa.string())),
        ("link_partitions", pa.list_(pa.int32())),
        ("link_offsets", pa.list_(pa.int64())),
        ("links_missing", pa.uint32()),
        ("received_time", _UTC_MS),
        ("batch", pa.uint64()),
    ]
)

SPAN_CAUSES = pa.schema(
    [
        ("effect_name", pa.string()),
        ("effect_topic", pa.string()),
        ("effect_partition", pa.int32()),
        ("effect_offset", pa.int64()),
        ("effect_service", pa.string()),
        ("products", pa.uint32()),
        ("cause_name", pa.string()),
        ("cause_context", pa.string()),
        ("cause_topic", pa.string()),
        ("cause_partition", pa.int32()),
        ("cause_offset", pa.int64()),
        ("choices", pa.uint32()),
        ("consumer_name", pa.string()),
        ("handled_time", _UTC_MS),
        ("received_time", _UTC_MS),
    ]
)

SPAN_BATCHES = pa.schema(
    [("batch", pa.uint64()), ("walked", pa.bool_()), ("spans", pa.uint64()), ("observed_time", _UTC_MS)]
)
SCHEMAS = pa.schema(
    [
        ("schema_id", pa.string()),
        ("state", pa.string()),
        ("format", pa.string()),
        ("definition", pa.string()),
        ("subjects", pa.list_(pa.string())),
        ("versions", pa.list_(pa.uint32())),
        ("latest", pa.list_(pa.uint32())),
        ("levels", pa.list_(pa.string())),
        ("observed_time", _UTC_MS),
    ]
)
