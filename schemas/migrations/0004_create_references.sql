-- What events say of other events, found by the name that they use. The other half of every edge.
CREATE TABLE IF NOT EXISTS references
(
    name_hash UInt128 COMMENT 'sipHash128 of the name',
    topic     LowCardinality(String),
    partition UInt32,
    offset    UInt64,
    name      String,
    relation  LowCardinality(String),
    evidence  LowCardinality(String),
    origin    String COMMENT 'coordinates name of what the effect is a copy of; empty = not a copy',
    time      DateTime64(3, 'UTC'),
    service   LowCardinality(String),
    type      LowCardinality(String),
    batch     UInt64 COMMENT 'the write that brought it: linking meets what came with it in another way'
)
ENGINE = ReplacingMergeTree
ORDER BY (name_hash, topic, partition, offset, relation, evidence)
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 10000
