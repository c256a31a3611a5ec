-- Where an event can be found by a name that another event may use for it.
CREATE TABLE IF NOT EXISTS identities
(
    name_hash UInt128 COMMENT 'sipHash128 of the name',
    topic     LowCardinality(String),
    partition UInt32,
    offset    UInt64,
    origin    String COMMENT 'coordinates name of what this is a copy of; empty = not a copy',
    time      DateTime64(3, 'UTC'),
    service   LowCardinality(String),
    type      LowCardinality(String)
)
ENGINE = ReplacingMergeTree
ORDER BY (name_hash, topic, partition, offset)
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 10000
