-- How far collection has come, per partition: the latest row wins.
CREATE TABLE IF NOT EXISTS collector_partitions
(
    topic            LowCardinality(String),
    partition        UInt32,
    observed_time    DateTime64(3, 'UTC'),
    collector        LowCardinality(String),
    committed_offset UInt64 COMMENT 'next to read after a restart: everything before it is durable',
    end_offset       UInt64 COMMENT 'last stable end of the partition as of the last fetch',
    paused           Bool   COMMENT 'held back because the store is slow or away'
)
ENGINE = ReplacingMergeTree(observed_time)
ORDER BY (topic, partition)
