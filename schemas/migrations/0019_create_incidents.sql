-- Stretches of impact. A later evaluation of the same facts replaces the row; what changed is in incident_changes.
CREATE TABLE IF NOT EXISTS incidents
(
    incident_id       String                 COMMENT 'made from kind, scope and the first bad moment: two evaluations give the same',
    kind              LowCardinality(String) COMMENT 'see schemas.incidents.IncidentKind',
    scope             String                 COMMENT 'what it is about, e.g. a topic and a group; the unit of deduplication',
    topic             LowCardinality(String),
    service           LowCardinality(String),
    consumer_group    LowCardinality(String),
    flow              LowCardinality(String),
    team              LowCardinality(String),
    severity          LowCardinality(String) COMMENT 'page | ticket',
    title             String,
    impact_time       DateTime64(3, 'UTC')             COMMENT 'first bad moment',
    detected_time     Nullable(DateTime64(3, 'UTC'))   COMMENT 'when the rule became true; null = backfilled from history',
    acknowledged_time Nullable(DateTime64(3, 'UTC'))   COMMENT 'by a person or a webhook only; null = unknown',
    mitigated_time    Nullable(DateTime64(3, 'UTC'))   COMMENT 'last bad moment, once it is over',
    resolved_time     Nullable(DateTime64(3, 'UTC'))   COMMENT 'enough good traffic; silence does not resolve',
    reopened          UInt16,
    parent_id         String                 COMMENT 'incident further up that explains this one; empty = none',
    backfilled        Bool                   COMMENT 'found in history that was read later: not counted in time to detect',
    bad               UInt64                 COMMENT 'bad events attributed to it',
    total             UInt64                 COMMENT 'events of the same scope in the same time; 0 = not known',
    left_behind       UInt64                 COMMENT 'what is still to be put right, e.g. dead letters that nobody sent again',
    causes            String                 COMMENT 'JSON list of schemas.incidents.Cause, most likely first',
    sample_events     Array(String)          COMMENT 'topic/partition/offset of a few bad events',
    state             LowCardinality(String) COMMENT 'open | no data | mitigated | resolved | withdrawn, see schemas.incidents.State',
    acknowledged_by   String                 COMMENT 'empty = nobody, or not said',
    version           UInt64                 COMMENT 'the evaluation that wrote it, in ms since 1970'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (incident_id)
