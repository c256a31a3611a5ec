-- cause -> effect: a reference that met an identity. Carries what the flow map and the lists need,
-- so that neither has to join events. Recomputed when a second event answers to the same name.
CREATE TABLE IF NOT EXISTS edges
(
    effect_topic     LowCardinality(String),
    effect_partition UInt32,
    effect_offset    UInt64,
    cause_topic      LowCardinality(String),
    cause_partition  UInt32,
    cause_offset     UInt64,
    relation         LowCardinality(String) COMMENT 'caused | dead_lettered | retried | redriven | mirrored | duplicated',
    evidence         LowCardinality(String) COMMENT 'header | provenance | span | context | inferred',
    confidence       Float32                COMMENT '0..1; 1/n where n events answer to the name',
    name             String                 COMMENT 'the name that cause and effect met by',
    cause_time       DateTime64(3, 'UTC'),
    effect_time      DateTime64(3, 'UTC'),
    cause_service    LowCardinality(String),
    effect_service   LowCardinality(String),
    cause_type       LowCardinality(String),
    effect_type      LowCardinality(String),
    linked_time      DateTime64(3, 'UTC'),
    INDEX effect_time_range effect_time TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(linked_time)
ORDER BY (effect_topic, effect_partition, effect_offset, cause_topic, cause_partition, cause_offset, relation)
SETTINGS index_granularity = 256
