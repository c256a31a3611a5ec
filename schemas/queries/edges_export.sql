-- Every edge to events of one topic in a span of time, in a stable order.
SELECT
    concat(cause_topic, '/', toString(cause_partition), '/', toString(cause_offset)) AS cause,
    concat(effect_topic, '/', toString(effect_partition), '/', toString(effect_offset)) AS effect,
    relation, evidence, round(toFloat64(confidence), 6) AS confidence,
    toFloat64(toUnixTimestamp64Milli(effect_time) - toUnixTimestamp64Milli(cause_time)) AS latency_ms
FROM edges FINAL
WHERE effect_topic = {topic:String}
  AND effect_time >= {since:DateTime64(3, 'UTC')} AND effect_time < {until:DateTime64(3, 'UTC')}
ORDER BY effect_partition, effect_offset, cause_topic, cause_partition, cause_offset, relation
