-- Which writes of spans there were and which of them have been walked through: those that are in here once only have not.
CREATE TABLE IF NOT EXISTS span_batches
(
    batch         UInt64,
    walked        Bool,
    spans         UInt64,
    observed_time DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY (batch, walked)
TTL toDateTime(observed_time) + INTERVAL 2 DAY
SETTINGS non_replicated_deduplication_window = 1000
