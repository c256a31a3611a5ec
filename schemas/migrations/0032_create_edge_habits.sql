-- What kinds of events usually cause what kinds, after how long: learned from edges that rest on evidence, for guesses.
CREATE TABLE IF NOT EXISTS edge_habits
(
    effect_topic   LowCardinality(String),
    effect_type    LowCardinality(String),
    effect_service LowCardinality(String),
    cause_topic    LowCardinality(String),
    cause_type     LowCardinality(String),
    cause_service  LowCardinality(String),
    shared         LowCardinality(String) COMMENT 'what cause and effect share: span | trace | correlation | key | time (nothing)',
    weight         Float64                COMMENT 'edges seen, the older ones counting less',
    latency        Array(Float32)         COMMENT 'edges by time from cause to effect: bins of half a doubling from 0.01 ms on',
    ranks          Array(Float32)         COMMENT 'edges by the number of later events of the kind of the cause that it was chosen before; the last = more',
    at_most        UInt32                 COMMENT 'effects of this kind that one cause has in nearly all cases',
    learned_time   DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(learned_time)
ORDER BY (effect_topic, effect_type, effect_service, cause_topic, cause_type, cause_service, shared)
SETTINGS non_replicated_deduplication_window = 10000
