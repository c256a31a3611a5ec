-- A collector's own vital signs, one row every few seconds.
CREATE TABLE IF NOT EXISTS collector_status
(
    collector         LowCardinality(String),
    observed_time     DateTime64(3, 'UTC'),
    started_time      DateTime64(3, 'UTC'),
    records_total     UInt64,
    bytes_total       UInt64,
    errors_total      UInt64,
    records_per_second Float64,
    flush_ms          Float64 COMMENT 'duration of the latest write',
    link_ms           Float64 COMMENT 'duration of the latest link pass',
    buffered_records  UInt64,
    buffered_bytes    UInt64,
    assigned_partitions UInt32,
    rss_bytes         UInt64,
    state             LowCardinality(String) COMMENT 'running | store away'
)
ENGINE = ReplacingMergeTree
ORDER BY (collector, observed_time)
TTL toDateTime(observed_time) + INTERVAL 7 DAY
