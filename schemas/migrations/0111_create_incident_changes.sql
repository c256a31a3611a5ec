-- The diary of each incident: what became known when. The same change told twice is one row.
CREATE TABLE IF NOT EXISTS incident_changes
(
    incident_id   String,
    time          DateTime64(3, 'UTC')   COMMENT 'the evaluation at which it became known',
    change        LowCardinality(String) COMMENT 'opened | escalated | corrected | mitigated | resolved | reopened | folded | acknowledged',
    text          String,
    change_key    String                 COMMENT 'tells changes of one kind apart, e.g. the how-manieth reopening: two watchers write the same'
)
ENGINE = ReplacingMergeTree
ORDER BY (incident_id, change, change_key)
