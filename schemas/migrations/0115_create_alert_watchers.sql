-- Watchers that could send alerts. Who has been there longest does; when it falls silent, the next takes over.
CREATE TABLE IF NOT EXISTS alert_watchers
(
    watcher     String,
    joined_time DateTime64(3, 'UTC'),
    alive_time  DateTime64(3, 'UTC') COMMENT 'by the clock of the store'
)
ENGINE = ReplacingMergeTree(alive_time)
ORDER BY (watcher)
TTL toDateTime(alive_time) + INTERVAL 1 DAY
