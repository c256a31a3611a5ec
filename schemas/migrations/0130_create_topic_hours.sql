-- How much came, by hour, topic and producing service: what weeks and quarters are counted from. A state is the set of
-- places that were seen, not a sum, so that a record that is read twice counts once. A place is partition * 2^44 +
-- offset. Count with groupBitmapMerge per row of the key, then sum.
CREATE TABLE IF NOT EXISTS topic_hours
(
    topic        LowCardinality(String),
    hour         DateTime('UTC')                       COMMENT 'of events.time',
    service      LowCardinality(String)                COMMENT 'producing service, empty = not known',
    events       AggregateFunction(groupBitmap, UInt64),
    dead_letters AggregateFunction(groupBitmap, UInt64),
    copies       AggregateFunction(groupBitmap, UInt64) COMMENT 'retries, dead letters and redriven records: they repeat their origin',
    schema_ids   AggregateFunction(groupBitmap, UInt64) COMMENT 'those that name their schema on the wire',
    message_ids  AggregateFunction(groupBitmap, UInt64) COMMENT 'those that carry an id of their own',
    outbox_ids   AggregateFunction(groupBitmap, UInt64) COMMENT 'those with a header in which relays of an outbox send its id',
    claims       AggregateFunction(groupBitmap, UInt64) COMMENT 'those that say something of their cause'
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(hour)
ORDER BY (topic, hour, service)
