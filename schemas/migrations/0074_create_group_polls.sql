-- What each look at the consumer groups found: without it, silence in group_offsets would look like standstill.
CREATE TABLE IF NOT EXISTS group_polls
(
    observed_time DateTime64(3, 'UTC'),
    groups        UInt32 COMMENT 'whose offsets were read',
    refused       UInt32 COMMENT 'that the broker would not show us',
    partitions    UInt32,
    problem       String COMMENT 'empty = all was seen'
)
ENGINE = ReplacingMergeTree
ORDER BY (observed_time)
TTL toDateTime(observed_time) + INTERVAL 14 DAY
