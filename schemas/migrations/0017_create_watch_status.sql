-- How long each task of the watcher took and what kept it from its work: the latest day of it.
CREATE TABLE IF NOT EXISTS watch_status
(
    task          LowCardinality(String),
    observed_time DateTime64(3, 'UTC'),
    elapsed_ms    Float64,
    problem       String COMMENT 'empty = done'
)
ENGINE = ReplacingMergeTree
ORDER BY (task, observed_time)
TTL toDateTime(observed_time) + INTERVAL 1 DAY
