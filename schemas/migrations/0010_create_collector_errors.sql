-- What a collector could not do with a record or a partition. The record itself is in events.
CREATE TABLE IF NOT EXISTS collector_errors
(
    observed_time DateTime64(3, 'UTC'),
    collector     LowCardinality(String),
    topic         LowCardinality(String),
    partition     UInt32,
    offset        UInt64,
    kind          LowCardinality(String) COMMENT 'see collector.errors.RecordError',
    message       String                 COMMENT 'what happened and what it means; never a payload value or a secret'
)
ENGINE = ReplacingMergeTree
ORDER BY (topic, partition, offset, kind)
TTL toDateTime(observed_time) + INTERVAL 30 DAY
