-- What these events led to, as far as classes of flows need it.
SELECT
    toString(cause_topic) AS cause_topic, cause_partition, cause_offset,
    toString(effect_topic) AS effect_topic, effect_partition, effect_offset,
    toString(effect_type) AS effect_type, toString(effect_service) AS effect_service,
    toString(relation) AS relation, toUnixTimestamp64Milli(effect_time) AS effect_ms
FROM edges_by_cause FINAL
WHERE (cause_topic, cause_partition, cause_offset) IN
    arrayZip({topics:Array(String)}, {partitions:Array(UInt32)}, {offsets:Array(UInt64)})
    AND confidence > 0
LIMIT {edges_max:UInt32}
