-- One row per record read from Kafka: every raw fact, so that a better rule can be re-run over history.
-- Identity is (topic, partition, offset) inside one cluster; one database holds one cluster.
-- The engine keeps the row with the highest replay_rank, which falls with time: the first observation wins,
-- so a replay changes nothing, not even when the record was first seen.
CREATE TABLE IF NOT EXISTS events
(
    topic               LowCardinality(String),
    partition           UInt32,
    offset              UInt64,
    time                DateTime64(3, 'UTC') COMMENT 'record timestamp where plausible, else observed_time',
    record_timestamp_ms Int64                COMMENT 'as on the wire; -1 = none',
    timestamp_type      LowCardinality(String) COMMENT 'create | append',
    observed_time       DateTime64(3, 'UTC') COMMENT 'when a collector first read it',
    key                 Nullable(String),
    value_size_bytes    Int64                COMMENT '-1 = null value (tombstone)',
    header_names        Array(LowCardinality(String)) COMMENT 'in wire order, duplicates kept',
    header_values       Array(Nullable(String))       COMMENT 'raw bytes, parallel to header_names',
    trace_id            String               COMMENT '32 lowercase hex, or empty',
    span_id             String               COMMENT '16 lowercase hex, or empty',
    parent_span_id      String               COMMENT 'where the format carries it, else empty',
    trace_convention    LowCardinality(String) COMMENT 'which convention the context was read from',
    message_id          String,
    source              LowCardinality(String) COMMENT 'CloudEvents source or its like',
    service             LowCardinality(String) COMMENT 'producing service, empty = not known',
    service_version     LowCardinality(String) COMMENT 'what the producer was deployed as, empty = not known',
    type                LowCardinality(String) COMMENT 'event type, empty = not known',
    correlation_id      String,
    conversation_id     String               COMMENT 'names a whole flow, not a cause',
    content_type        LowCardinality(String),
    schema_id           LowCardinality(String) COMMENT 'registry:id as found on the wire, empty = none; only the registry can confirm it',
    shape_id            UInt64               COMMENT '0 = no shape (not JSON, or shapes off)',
    dead_letter         Bool,
    origin              String               COMMENT 'coordinates name of the record that this one is a copy of (retry, dead letter, redrive); empty = not a copy',
    failed_group        LowCardinality(String) COMMENT 'consumer group that failed on the origin',
    exception           LowCardinality(String) COMMENT 'class of the cause, not of its wrapper',
    attempt             UInt32               COMMENT '0 = not said',
    pathway_hash        UInt64               COMMENT 'Datadog data streams: class of paths; 0 = none',
    pathway_start_ms    Int64                COMMENT 'when that path began',
    names               Array(String)        COMMENT 'identities: what this event can be called, see schemas.records.name',
    reference_names     Array(String)        COMMENT 'what this event says of its causes, parallel to the next two',
    reference_relations Array(LowCardinality(String)),
    reference_evidences Array(LowCardinality(String)),
    errors              Array(LowCardinality(String)) COMMENT 'what could not be understood; the record is kept all the same',
    batch               UInt64               COMMENT 'the flush that wrote it; grows with time',
    replay_rank         UInt64 MATERIALIZED 18446744073709551615 - toUInt64(toUnixTimestamp64Milli(observed_time)),
    INDEX time_range    time       TYPE minmax              GRANULARITY 1,
    INDEX observed_range observed_time TYPE minmax          GRANULARITY 1,
    INDEX trace_filter  trace_id   TYPE bloom_filter(0.01)  GRANULARITY 1,
    INDEX key_filter    key        TYPE bloom_filter(0.01)  GRANULARITY 1,
    INDEX correlation_filter correlation_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(replay_rank)
PARTITION BY toYYYYMM(time)
ORDER BY (topic, partition, offset)
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 10000
