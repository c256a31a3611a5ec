-- Every redrive that was carried out or begun, and by whom. Nothing is ever deleted here.
CREATE TABLE IF NOT EXISTS redrives
(
    redrive_id       String,
    created_time     DateTime64(3, 'UTC'),
    actor            String                 COMMENT 'user and host that started it',
    selection        String                 COMMENT 'what was asked for, as JSON',
    planned          UInt64                 COMMENT 'records that were to be sent, as confirmed',
    rate_per_second  Float64,
    state            LowCardinality(String) COMMENT 'running | interrupted | stopped | done',
    note             String                 COMMENT 'why it stopped, empty = no reason to give',
    version          UInt64                 COMMENT 'ms since 1970 of the latest word'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (redrive_id)
