-- What each record that looks like a dead letter says, with its hops collapsed to the true origin. Made from events
-- by the watcher and made again whenever it learns more. Whether its topic holds dead letters at all is said in
-- topic_roles; the view dead_letters has both.
CREATE TABLE IF NOT EXISTS dead_letter_records
(
    topic             LowCardinality(String),
    partition         UInt32,
    offset            UInt64,
    observed_time     DateTime64(3, 'UTC') COMMENT 'when a collector first read it',
    time              DateTime64(3, 'UTC') COMMENT 'record timestamp where plausible; Connect and Streams keep that of the origin',
    failed_time       DateTime64(3, 'UTC') COMMENT 'when it was given up, for rates: observed_time, but time where history was read more than an hour late',
    backfilled        Bool                 COMMENT 'read more than an hour after it was written, as far as its timestamp can be believed',
    convention        LowCardinality(String) COMMENT 'which headers said so, see collector.decode.conventions.copies; inferred = none did',
    origin_topic      LowCardinality(String) COMMENT 'where the first record of the chain was; empty = not known',
    origin_partition  UInt32,
    origin_offset     UInt64,
    origin_evidence   LowCardinality(String) COMMENT 'header | inferred | empty = no origin known',
    origin_confidence Float32               COMMENT '0..1; 1 = the headers name it',
    copied_from       String                COMMENT 'coordinates name of the record it was copied from directly; empty = not said',
    hops              UInt8                 COMMENT 'copies between the origin and this record that were stored',
    redriven          Bool                  COMMENT 'the chain between the origin and this record has a redrive in it: it failed again',
    consumer_group    LowCardinality(String) COMMENT 'who failed: a consumer group or a connector, as said; empty = not said',
    group_evidence    LowCardinality(String) COMMENT 'header | topic name | empty = not known',
    service           LowCardinality(String) COMMENT 'who wrote the dead letter where that differs from the producer of the origin, empty = not known',
    origin_service    LowCardinality(String) COMMENT 'producer of the origin, empty = not known',
    type              LowCardinality(String) COMMENT 'event type of the origin, empty = not known',
    exception         LowCardinality(String) COMMENT 'class of the cause, not of its wrapper; empty = not said',
    message           String                 COMMENT 'of the cause where it can be told, redacted, at most 1,000 characters',
    template          LowCardinality(String) COMMENT 'the message with ids, numbers, times and quoted values folded',
    template_id       UInt64                 COMMENT 'hash of exception and template',
    key               Nullable(String),
    schema_id         LowCardinality(String) COMMENT 'of the origin, else of this record',
    shape_id          UInt64                 COMMENT 'of the origin, else of this record; 0 = none',
    attempts          UInt32                 COMMENT 'tries that were made before it was given up; 0 = not said',
    value_size_bytes  Int64                  COMMENT '-1 = null value',
    found_time        DateTime64(3, 'UTC')   COMMENT 'when the watcher wrote this row',
    INDEX observed_range observed_time TYPE minmax GRANULARITY 1,
    INDEX failed_range failed_time TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(found_time)
ORDER BY (topic, partition, offset)
SETTINGS non_replicated_deduplication_window = 1000
