-- What incidents are judged by: bad and all events of a scope in slots of ten seconds. A slot is counted anew, whole, from
-- events whenever something arrives that belongs to it, so a replay counts nothing twice.
CREATE TABLE IF NOT EXISTS incident_facts
(
    kind           LowCardinality(String) COMMENT 'traffic | dead_letters | retries | versions | …: see collector.detect.incident_facts',
    topic          LowCardinality(String) COMMENT 'where it hurts: the source topic of dead letters; empty = not one topic',
    service        LowCardinality(String),
    consumer_group LowCardinality(String),
    label          String                 COMMENT 'what else tells rows of this kind apart, e.g. a version',
    slot           DateTime('UTC')        COMMENT 'start of ten seconds by the time at which it happened (where a copy keeps the time of its origin: when it was read)',
    bad            UInt64,
    total          UInt64                 COMMENT '0 where a kind has no total of its own',
    first_time     DateTime64(3, 'UTC')   COMMENT 'first (bad) event of the slot',
    last_time      DateTime64(3, 'UTC'),
    seen           Array(DateTime('UTC')) COMMENT 'ends of the slots in which they were read, ascending',
    seen_count     Array(UInt64)          COMMENT 'parallel to seen: how many were read then',
    sample         String                 COMMENT 'topic/partition/offset of one of them',
    version        UInt64                 COMMENT 'when it was counted, in ms since 1970; the newest wins'
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(slot)
ORDER BY (kind, topic, service, consumer_group, label, slot)
