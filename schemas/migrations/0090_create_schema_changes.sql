-- What changed in the structure of payloads, one row per change: judging the same records again gives the same
-- change_id and replaces the row. Only records that are no copies count: what is retried, dead-lettered or sent
-- again changes nothing by itself.
CREATE TABLE IF NOT EXISTS schema_changes
(
    topic           LowCardinality(String),
    type            LowCardinality(String) COMMENT 'event type, empty = not known',
    change_id       String                 COMMENT 'made from topic, type, kind and first event: two evaluations give the same',
    kind            LowCardinality(String) COMMENT 'shape (JSON) | schema_id (an id in front of the payload or in a header) | format',
    service         LowCardinality(String) COMMENT 'producing service of the first record, empty = not known',
    service_version LowCardinality(String) COMMENT 'version of the first record, empty = not on the wire',
    first_time      DateTime64(3, 'UTC')   COMMENT 'time of the first record that carried it',
    first_partition UInt32                 COMMENT 'with topic and first_offset: that record',
    first_offset    UInt64,
    detected_time   DateTime64(3, 'UTC')   COMMENT 'time of the record with which the evidence sufficed',
    from_shape      UInt64                 COMMENT 'the most frequent shape before; 0 = none',
    to_shape        UInt64                 COMMENT 'the shape of the first record; 0 = none',
    from_schema     LowCardinality(String) COMMENT 'schema id before (for kind format: the format); empty = none',
    to_schema       LowCardinality(String) COMMENT 'schema id since (for kind format: the format); empty = none',
    new_shapes      Array(UInt64)          COMMENT 'every shape that carries the change: dead letters with one of these are its dead letters',
    old_shapes      Array(UInt64)          COMMENT 'shapes of before that were still seen after the change',
    fields          String                 COMMENT 'JSON list of schemas.drift.FieldChange, worst first',
    summary         String                 COMMENT 'the same in one line for people; names in it come from payloads',
    verdict         LowCardinality(String) COMMENT 'backward | forward | full | breaking, empty = not known; see schemas.drift.Verdict',
    verdict_rule    String                 COMMENT 'by which rule the verdict was found, or why there is none',
    state           LowCardinality(String) COMMENT 'rolling_out | complete | reverted',
    new_events      UInt64                 COMMENT 'records since the first one that carry the change',
    old_events      UInt64                 COMMENT 'records since the first one of the form before, of the same service',
    new_share       Float64                COMMENT '0..1: share of the new form among the latest records (an hour, or 200 records where that is less)',
    last_new_time   DateTime64(3, 'UTC')   COMMENT 'newest record that carries it',
    last_old_time   Nullable(DateTime64(3, 'UTC')) COMMENT 'newest record of the form before, since the first new one; null = there was none',
    complete_time   Nullable(DateTime64(3, 'UTC')) COMMENT 'last record of the old form, once no more came; null = not complete',
    reverted_time   Nullable(DateTime64(3, 'UTC')) COMMENT 'last record of the new form, once no more came; null = not reverted',
    evidence        String                 COMMENT 'on what records the finding rests, in words',
    observed_time   DateTime64(3, 'UTC')   COMMENT 'when this row was written; the newest wins'
)
ENGINE = ReplacingMergeTree(observed_time)
ORDER BY (topic, type, change_id)
