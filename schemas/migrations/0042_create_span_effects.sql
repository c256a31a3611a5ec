-- The same rows, found by the cause.
CREATE TABLE IF NOT EXISTS span_effects AS span_causes
ENGINE = ReplacingMergeTree
ORDER BY (cause_hash, effect_hash, effect_topic, consumer_name)
TTL toDateTime(received_time) + INTERVAL 14 DAY
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 1000
