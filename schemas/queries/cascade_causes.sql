-- What caused these events: one row per edge.
SELECT effect_topic, effect_partition, effect_offset, cause_topic, cause_partition, cause_offset, relation,
       evidence, confidence, name,
       toUnixTimestamp64Milli(effect_time) - toUnixTimestamp64Milli(cause_time) AS latency_ms
FROM edges FINAL
WHERE (effect_topic, effect_partition, effect_offset) IN
    (SELECT arrayJoin(arrayZip({topics:Array(String)}, {partitions:Array(UInt32)}, {offsets:Array(UInt64)})))
LIMIT {edges_max:UInt32}
