-- A page of the edges to events of one topic in a span of time, by effect. The first page starts after (-1, -1).
SELECT
    concat(cause_topic, '/', toString(cause_partition), '/', toString(cause_offset)) AS cause,
    concat(effect_topic, '/', toString(effect_partition), '/', toString(effect_offset)) AS effect,
    relation, evidence, round(toFloat64(confidence), 6) AS confidence,
    toFloat64(toUnixTimestamp64Milli(effect_time) - toUnixTimestamp64Milli(cause_time)) AS latency_ms,
    effect_partition, effect_offset
FROM edges FINAL
WHERE effect_topic = {topic:String} AND confidence > 0
  AND effect_time >= {since:DateTime64(3, 'UTC')} AND effect_time < {until:DateTime64(3, 'UTC')}
  AND (effect_partition, effect_offset) > ({after_partition:Int64}, {after_offset:Int64})
ORDER BY effect_partition, effect_offset
LIMIT {edges_max:UInt32} WITH TIES
