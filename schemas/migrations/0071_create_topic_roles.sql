-- What a topic holds, and how that is known. A name alone is never enough.
CREATE TABLE IF NOT EXISTS topic_roles
(
    topic         LowCardinality(String),
    role          LowCardinality(String) COMMENT 'dead letter | retry | main',
    evidence      LowCardinality(String) COMMENT 'setting | headers | content (records equal to earlier ones elsewhere) | name (a hint that nothing confirms)',
    records       UInt64                 COMMENT 'records that were looked at',
    confirming    UInt64                 COMMENT 'of these, how many say that they are copies, or equal an earlier record',
    observed_time DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(observed_time)
ORDER BY (topic)
