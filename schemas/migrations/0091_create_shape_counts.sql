-- How many records of each structure came in each minute, counted anew for every minute in which something arrived:
-- a replay counts nothing twice. Copies (retried, dead-lettered, sent again) are left out.
CREATE TABLE IF NOT EXISTS shape_counts
(
    topic           LowCardinality(String),
    type            LowCardinality(String),
    minute          DateTime('UTC')        COMMENT 'by the time of the records',
    service         LowCardinality(String),
    service_version LowCardinality(String),
    shape_id        UInt64                 COMMENT '0 = no shape',
    schema_id       LowCardinality(String) COMMENT 'as in events; empty = none',
    events          UInt64,
    first_time      DateTime64(3, 'UTC'),
    first_partition UInt32,
    first_offset    UInt64,
    last_time       DateTime64(3, 'UTC'),
    observed_time   DateTime64(3, 'UTC')   COMMENT 'when this row was counted; the newest wins'
)
ENGINE = ReplacingMergeTree(observed_time)
PARTITION BY toYYYYMM(minute)
ORDER BY (topic, type, minute, service, service_version, shape_id, schema_id)
TTL minute + INTERVAL 35 DAY
