-- What services say of their own work, as far as lineage needs it: who called whom, and which message it was about.
-- A span that is sent twice is one row. Kept for two weeks: what it links is in edges for good.
CREATE TABLE IF NOT EXISTS spans
(
    trace_id        String                 COMMENT '32 lowercase hex',
    span_id         String                 COMMENT '16 lowercase hex',
    parent_span_id  String                 COMMENT 'in the same trace; empty = none',
    kind            LowCardinality(String) COMMENT 'internal | server | client | producer | consumer; empty = not said',
    service         LowCardinality(String),
    service_version LowCardinality(String),
    environment     LowCardinality(String),
    name            String,
    start_time      DateTime64(6, 'UTC'),
    end_time        DateTime64(6, 'UTC'),
    status_error    Bool,
    system          LowCardinality(String) COMMENT 'messaging system; empty = no messaging span, or not said',
    operation       LowCardinality(String) COMMENT 'create | send | receive | process | settle; empty = not said',
    topic           LowCardinality(String),
    partition       Int32                  COMMENT '-1 = not said, here and below',
    offset          Int64,
    consumer_group  LowCardinality(String),
    message_id      String,
    cluster_id      LowCardinality(String) COMMENT 'Kafka cluster; empty = not said',
    batch_size      Int64,
    hands_on        Bool                   COMMENT 'sent by a library that hands on the context of what it read: FastStream',
    link_trace_ids  Array(String),
    link_span_ids   Array(String)          COMMENT 'parallel to link_trace_ids, as the next three',
    link_topics     Array(LowCardinality(String)),
    link_partitions Array(Int32),
    link_offsets    Array(Int64),
    links_missing   UInt32                 COMMENT 'links that the sender dropped',
    received_time   DateTime64(3, 'UTC'),
    batch           UInt64                 COMMENT 'the write that brought it; grows with time'
)
ENGINE = ReplacingMergeTree
PARTITION BY toDate(received_time)
ORDER BY (trace_id, span_id)
TTL toDateTime(received_time) + INTERVAL 14 DAY
SETTINGS index_granularity = 1024, ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000
