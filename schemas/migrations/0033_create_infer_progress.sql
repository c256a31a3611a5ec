-- How far the search for causes has come. One row counts: the latest.
CREATE TABLE IF NOT EXISTS infer_progress
(
    name         LowCardinality(String),
    looked_until DateTime64(3, 'UTC') COMMENT 'events observed before this were looked at',
    updated_time DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(updated_time)
ORDER BY name
SETTINGS non_replicated_deduplication_window = 10000
