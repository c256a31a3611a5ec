"""The columns of what Headwater finds out about failures, as in schemas.arrow: dead letters, roles, group progress."""

import pyarrow as pa

_UTC_MS = pa.timestamp("ms", tz="UTC")

DEAD_LETTER_RECORDS = pa.schema(
    [
        ("topic", pa.string()),
        ("partition", pa.uint32()),
        ("offset", pa.uint64()),
        ("observed_time", _UTC_MS),
        ("time", _UTC_MS),
        ("failed_time", _UTC_MS),
        ("backfilled", pa.bool_()),
        ("convention", pa.string()),
        ("origin_topic", pa.string()),
        ("origin_partition", pa.uint32()),
        ("origin_offset", pa.uint64()),
        ("origin_evidence", pa.string()),
        ("origin_confidence", pa.float32()),
        ("copied_from", pa.string()),
        ("hops", pa.uint8()),
        ("redriven", pa.bool_()),
        ("consumer_group", pa.string()),
        ("group_evidence", pa.string()),
        ("service", pa.string()),
        ("origin_service", pa.string()),
        ("type", pa.string()),
        ("exception", pa.string()),
        ("message", pa.string()),
        ("template", pa.string()),
        ("template_id", pa.uint64()),
        ("key", pa.binary()),
        ("schema_id", pa.string()),
        ("shape_id", pa.uint64()),
        ("attempts", pa.uint32()),
        ("value_size_bytes", pa.int64()),
        ("found_time", _UTC_MS),
    ]
)

TOPIC_ROLES = pa.schema(
    [
        ("topic", pa.string()),
        ("role", pa.string()),
        ("evidence", pa.string()),
        ("records", pa.uint64()),
        ("confirming", pa.uint64()),
        ("observed_time", _UTC_MS),
    ]
)

GROUP_OFFSETS = pa.schema(
    [
        ("consumer_group", pa.string()),
        ("topic", pa.string()),
        ("partition", pa.uint32()),
        ("observed_time", _UTC_MS),
        ("committed_offset", pa.int64()),
        ("end_offset", pa.int64()),
        ("state", pa.string()),
        ("members", pa.uint32()),
    ]
)

GROUP_POLLS = pa.schema(
    [
        ("observed_time", _UTC_MS),
        ("groups", pa.uint32()),
        ("refused", pa.uint32()),
        ("partitions", pa.uint32()),
        ("problem", pa.string()),
    ]
)

REDRIVES = pa.schema(
    [
        ("redrive_id", pa.string()),
        ("created_time", _UTC_MS),
        ("actor", pa.string()),
        ("selection", pa.string()),
        ("planned", pa.uint64()),
        ("rate_per_second", pa.float64()),
        ("state", pa.string()),
        ("note", pa.string()),
        ("version", pa.uint64()),
    ]
)

REDRIVE_RECORDS = pa.schema(
    [
        ("redrive_id", pa.string()),
        ("topic", pa.string()),
        ("partition", pa.uint32()),
        ("offset", pa.uint64()),
        ("origin_event", pa.string()),
        ("target_topic", pa.string()),
        ("target_partition", pa.int32()),
        ("target_offset", pa.int64()),
        ("state", pa.string()),
        ("sent_time", _UTC_MS),
        ("version", pa.uint64()),
    ]
)
