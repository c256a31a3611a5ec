-- What caused these events: one row per edge, the one linked last. Not FINAL: that would merge whole granules, and a
-- cascade touches many of them for a row each.
SELECT effect_topic, effect_partition, effect_offset, cause_topic, cause_partition, cause_offset, relation,
       evidence, confidence, name, latency_ms
FROM
(
    SELECT effect_topic, effect_partition, effect_offset, cause_topic, cause_partition, cause_offset, relation,
           evidence, confidence, name,
           toUnixTimestamp64Milli(effect_time) - toUnixTimestamp64Milli(cause_time) AS latency_ms
    FROM edges
    WHERE (effect_topic, effect_partition, effect_offset) IN
        arrayZip({topics:Array(String)}, {partitions:Array(UInt32)}, {offsets:Array(UInt64)})
    ORDER BY linked_time DESC
    LIMIT 1 BY effect_topic, effect_partition, effect_offset, cause_topic, cause_partition, cause_offset, relation
)
WHERE confidence > 0
LIMIT {edges_max:UInt32}
