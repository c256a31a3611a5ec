-- What spans say of events: a record that was sent under `effect_name` was made while one of these causes was handled.
-- The other half of an edge by spans, as `references` is of an edge by names: found by the effect's span.
CREATE TABLE IF NOT EXISTS span_causes
(
    effect_hash      UInt128 DEFAULT reinterpretAsUInt128(sipHash128(effect_name)) COMMENT 'sipHash128 of effect_name',
    effect_name      String                 COMMENT 'span:trace id-span id, which the effect carries as its context',
    effect_topic     LowCardinality(String) COMMENT 'where the span says that it sent to; empty = not said',
    effect_partition Int32                  COMMENT '-1 = not said, here and below; only beside an offset',
    effect_offset    Int64,
    effect_service   LowCardinality(String),
    products         UInt32                 COMMENT 'how many records were sent under this name to effect_topic; 0 = not known',
    cause_hash       UInt128 DEFAULT reinterpretAsUInt128(sipHash128(cause_name)) COMMENT 'sipHash128 of cause_name',
    cause_name       String                 COMMENT 'span:… or event:topic/partition/offset',
    cause_context    String                 COMMENT 'span:… that the record at that place must carry, where known',
    cause_topic      LowCardinality(String) COMMENT 'where the cause was read; empty = not said',
    cause_partition  Int32,
    cause_offset     Int64,
    choices          UInt32                 COMMENT 'how many records were handled together: each is one possible cause',
    consumer_name    String                 COMMENT 'span:… that handled them',
    handled_time     DateTime64(3, 'UTC')   COMMENT 'when that was, by the clock of the service',
    received_time    DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY (effect_hash, effect_topic, cause_hash, consumer_name)
TTL toDateTime(received_time) + INTERVAL 14 DAY
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 1000
