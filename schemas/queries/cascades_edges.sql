-- The newest edges with whole-number names of their ends: enough to group them into cascades.
SELECT
    cityHash64(cause_topic, cause_partition, cause_offset) AS cause,
    cityHash64(effect_topic, effect_partition, effect_offset) AS effect,
    toUnixTimestamp64Milli(cause_time) AS cause_ms,
    toUnixTimestamp64Milli(effect_time) AS effect_ms,
    toString(cause_topic) AS topic,
    cause_partition AS partition,
    cause_offset AS offset,
    toString(cause_type) AS type,
    toString(cause_service) AS service,
    toString(effect_topic) AS effect_topic,
    toString(relation) AS relation
FROM edges FINAL
WHERE effect_time >= now64(3) - toIntervalSecond({window_s:UInt32}) AND confidence > 0
ORDER BY effect_ms DESC
LIMIT {edges_max:UInt32}
