-- What these events caused that did not fail: who made how many events of which type from how many of them.
SELECT
    effect_service AS service, effect_topic AS topic, effect_type AS type,
    uniqExact(cause_topic, cause_partition, cause_offset) AS causes,
    uniqExact(effect_topic, effect_partition, effect_offset) AS events,
    any(concat(effect_topic, '/', toString(effect_partition), '/', toString(effect_offset))) AS sample
FROM edges_by_cause
WHERE relation = 'caused' AND confidence > 0 AND (cause_topic, cause_partition, cause_offset) IN
    arrayZip({topics:Array(String)}, {partitions:Array(UInt32)}, {offsets:Array(UInt64)})
GROUP BY service, topic, type
ORDER BY events DESC, service, topic, type
LIMIT 100
