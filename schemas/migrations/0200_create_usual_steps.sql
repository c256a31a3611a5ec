-- Steps that usually follow an event, as they were learned last: what incidents of stuck flows are counted by. All rows of
-- the newest learned_time are in force together.
CREATE TABLE IF NOT EXISTS usual_steps
(
    cause_topic    LowCardinality(String),
    cause_type     LowCardinality(String),
    effect_topic   LowCardinality(String),
    effect_type    LowCardinality(String),
    service        LowCardinality(String) COMMENT 'who writes the effect, mostly',
    share          Float32                COMMENT '0..1 of the causes had the effect',
    causes         UInt64                 COMMENT 'so many causes it was learned from',
    patience_ms    UInt64                 COMMENT 'later than this after its cause, the effect is late',
    instead_topics Array(String)          COMMENT 'topics of effects that come instead of it and excuse its absence',
    instead_types  Array(String)          COMMENT 'parallel to instead_topics: their types',
    usual_time     DateTime64(3, 'UTC')   COMMENT 'when it was found to be usual last; a step is kept longer while its absence is an incident',
    learned_time   DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(learned_time)
ORDER BY (cause_topic, cause_type, effect_topic, effect_type)
