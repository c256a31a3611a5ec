-- How far each consumer group has read, from Kafka itself. A row is written when something changed, and every five
-- minutes anyway: the latest row up to a moment holds for that moment.
CREATE TABLE IF NOT EXISTS group_offsets
(
    consumer_group   LowCardinality(String),
    topic            LowCardinality(String),
    partition        UInt32,
    observed_time    DateTime64(3, 'UTC'),
    committed_offset Int64                  COMMENT 'next record that the group will read; -1 = it has committed nothing here',
    end_offset       Int64                  COMMENT 'where the next record will be written; -1 = not known',
    state            LowCardinality(String) COMMENT 'stable | empty | dead | rebalancing | unknown, of the group',
    members          UInt32                 COMMENT 'of the group'
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(observed_time)
ORDER BY (consumer_group, topic, partition, observed_time)
TTL toDateTime(observed_time) + INTERVAL 14 DAY
SETTINGS non_replicated_deduplication_window = 1000
