-- What the schema registry says of the ids that were seen on topics. An id that it does not know is kept too.
CREATE TABLE IF NOT EXISTS schemas
(
    schema_id     LowCardinality(String) COMMENT 'as in events, e.g. confluent:5',
    state         LowCardinality(String) COMMENT 'known | unknown to the registry',
    format        LowCardinality(String) COMMENT 'AVRO | JSON | PROTOBUF; empty = not known',
    definition    String                 COMMENT 'the schema itself',
    subjects      Array(String)          COMMENT 'subjects that hold it',
    versions      Array(UInt32)          COMMENT 'its version in each of them',
    latest        Array(UInt32)          COMMENT 'the newest version in each of them',
    levels        Array(String)          COMMENT 'effective compatibility level of each of them; empty = not told',
    observed_time DateTime64(3, 'UTC')   COMMENT 'when the registry was asked; the newest wins'
)
ENGINE = ReplacingMergeTree(observed_time)
ORDER BY (schema_id)
