-- How far detection has come: what was stored before a mark has been looked at.
CREATE TABLE IF NOT EXISTS incident_marks
(
    name    LowCardinality(String),
    time    DateTime64(3, 'UTC'),
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (name)
