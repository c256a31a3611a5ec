-- Guesses that are too unsure to be drawn as edges, and those that the drawn one was preferred to.
-- A later look at an event writes all its candidates anew: those of its latest inferred_time are the valid ones.
CREATE TABLE IF NOT EXISTS edge_candidates
(
    effect_topic     LowCardinality(String),
    effect_partition UInt32,
    effect_offset    UInt64,
    cause_topic      LowCardinality(String),
    cause_partition  UInt32,
    cause_offset     UInt64,
    confidence       Float32 COMMENT '0..1: how many of the guesses that look like this one are right',
    name             String  COMMENT 'the reason, in words',
    cause_time       DateTime64(3, 'UTC'),
    effect_time      DateTime64(3, 'UTC'),
    cause_service    LowCardinality(String),
    effect_service   LowCardinality(String),
    cause_type       LowCardinality(String),
    effect_type      LowCardinality(String),
    inferred_time    DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(inferred_time)
ORDER BY (effect_topic, effect_partition, effect_offset, cause_topic, cause_partition, cause_offset)
SETTINGS index_granularity = 2048, non_replicated_deduplication_window = 10000
