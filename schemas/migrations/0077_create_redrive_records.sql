-- What became of each dead letter of a redrive. Written after the transaction that sent it, and put right from the
-- offsets that Kafka keeps with that transaction where the process died in between.
CREATE TABLE IF NOT EXISTS redrive_records
(
    redrive_id       String,
    topic            LowCardinality(String) COMMENT 'where the dead letter is',
    partition        UInt32,
    offset           UInt64,
    origin_event     String                 COMMENT 'topic/partition/offset of the record that failed first, empty = not known',
    target_topic     LowCardinality(String),
    target_partition Int32                  COMMENT '-1 = by its key',
    target_offset    Int64                  COMMENT '-1 = not sent, or the process died before it could note it',
    state            LowCardinality(String) COMMENT 'planned | sent | gone (no longer in the topic) | sent elsewhere (by another redrive)',
    sent_time        DateTime64(3, 'UTC')   COMMENT '1970 = not sent',
    version          UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (redrive_id, topic, partition, offset)
SETTINGS non_replicated_deduplication_window = 1000
