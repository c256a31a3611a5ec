-- Who took an incident on, and when. A person or a webhook says so, and nobody else. The first one counts.
CREATE TABLE IF NOT EXISTS incident_acknowledgements
(
    incident_id String,
    time        DateTime64(3, 'UTC'),
    by          String                 COMMENT 'as said, empty = not said; from outside, not to be trusted',
    source      LowCardinality(String) COMMENT 'command | webhook | page'
)
ENGINE = ReplacingMergeTree
ORDER BY (incident_id, time)
