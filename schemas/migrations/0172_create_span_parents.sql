-- Contexts that name the parent of the span that sent a record (Jaeger, B3 with a parent), found by that parent.
CREATE TABLE IF NOT EXISTS span_parents
(
    name_hash  UInt128 COMMENT 'sipHash128 of the name of the parent, span:…',
    topic      LowCardinality(String),
    partition  UInt32,
    offset     UInt64,
    name       String,
    time       DateTime64(3, 'UTC'),
    service    LowCardinality(String),
    type       LowCardinality(String)
)
ENGINE = ReplacingMergeTree
ORDER BY (name_hash, topic, partition, offset)
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 10000
