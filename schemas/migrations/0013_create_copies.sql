-- Records that say which record they were copied from: retries, dead letters, redrives. Found by their origin.
CREATE TABLE IF NOT EXISTS copies
(
    origin_topic     LowCardinality(String),
    origin_partition UInt32,
    origin_offset    UInt64,
    topic            LowCardinality(String),
    partition        UInt32,
    offset           UInt64,
    relation         LowCardinality(String) COMMENT 'dead_lettered | retried | redriven | mirrored',
    name             String                 COMMENT 'coordinates name of the origin',
    time             DateTime64(3, 'UTC'),
    service          LowCardinality(String),
    type             LowCardinality(String)
)
ENGINE = ReplacingMergeTree
ORDER BY (origin_topic, origin_partition, origin_offset, topic, partition, offset)
SETTINGS non_replicated_deduplication_window = 10000
