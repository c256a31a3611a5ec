-- The one Kafka cluster whose events this database holds: places on two clusters must never meet.
CREATE TABLE IF NOT EXISTS clusters
(
    cluster_id String,
    first_time DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY (cluster_id)
