-- What each write brought, for linking. Events alone cannot say it: of a record that was read twice they keep the
-- first row, so the second write, which is the one that has to be linked after a crash, may leave no trace there.
CREATE TABLE IF NOT EXISTS batch_events
(
    batch               UInt64,
    topic               LowCardinality(String),
    partition           UInt32,
    offset              UInt64,
    names               Array(String),
    reference_names     Array(String),
    reference_relations Array(LowCardinality(String)),
    reference_evidences Array(LowCardinality(String)),
    origin              String,
    time                DateTime64(3, 'UTC'),
    service             LowCardinality(String),
    type                LowCardinality(String),
    written_time        DateTime MATERIALIZED now()
)
ENGINE = MergeTree
PARTITION BY toDate(written_time)
ORDER BY (batch, topic, partition, offset)
TTL written_time + INTERVAL 1 DAY
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000
