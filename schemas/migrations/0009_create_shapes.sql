-- The structure of payloads: paths and types, never values.
CREATE TABLE IF NOT EXISTS shapes
(
    topic           LowCardinality(String),
    type            LowCardinality(String),
    shape_id        UInt64,
    paths           Array(String) COMMENT 'sorted, path:type, e.g. items[].qty:integer',
    first_partition UInt32,
    first_offset    UInt64,
    first_time      DateTime64(3, 'UTC'),
    observed_time   DateTime64(3, 'UTC'),
    seen_rank       UInt64 MATERIALIZED 18446744073709551615 - toUInt64(toUnixTimestamp64Milli(first_time))
)
ENGINE = ReplacingMergeTree(seen_rank)
ORDER BY (topic, type, shape_id)
