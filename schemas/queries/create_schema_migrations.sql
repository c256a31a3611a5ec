-- Which migrations this database has seen. Two processes may record the same one: the key makes it one row.
CREATE TABLE IF NOT EXISTS schema_migrations
(
    version      UInt32,
    name         String,
    checksum     String COMMENT 'SHA-256 of the statement, in hex',
    applied_time DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY (version, checksum)
