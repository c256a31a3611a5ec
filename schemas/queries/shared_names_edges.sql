-- Edges that were made because events share a name, to these events.
SELECT effect_topic, effect_partition, effect_offset, cause_topic, cause_partition, cause_offset, relation, evidence,
       confidence, name, cause_time, effect_time, cause_service, effect_service, cause_type, effect_type
FROM edges FINAL
WHERE (effect_topic, effect_partition, effect_offset) IN
    (SELECT arrayJoin(arrayZip({topics:Array(String)}, {partitions:Array(UInt32)}, {offsets:Array(UInt64)})))
  AND relation != 'caused' AND evidence IN ('header', 'context') AND edges.confidence > 0
