-- What changed and when: who said so is in `source`. The same deployment told twice is one row.
CREATE TABLE IF NOT EXISTS deployments
(
    service       LowCardinality(String),
    version       String,
    environment   LowCardinality(String) COMMENT 'empty = not said',
    time          DateTime64(3, 'UTC')   COMMENT 'when it took effect, as far as known: a webhook says it, else the first event that carries the version',
    source        LowCardinality(String) COMMENT 'webhook | header | span',
    deployment_id String                 COMMENT 'what the webhook calls it; empty = it has no name',
    url           String                 COMMENT 'where the sender says more; from outside, not to be trusted',
    observed_time DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(observed_time)
ORDER BY (service, environment, version, time, source)
