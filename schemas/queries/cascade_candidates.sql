-- Guesses at the causes of an event that are too unsure to be drawn, or to which another was preferred.
SELECT cause_topic, cause_partition, cause_offset, cause_type, confidence, name,
       toUnixTimestamp64Milli(effect_time) - toUnixTimestamp64Milli(cause_time) AS latency_ms
FROM edge_candidates FINAL
WHERE effect_topic = {topic:String} AND effect_partition = {partition:UInt32} AND effect_offset = {offset:UInt64}
    AND inferred_time =
    (
        SELECT max(inferred_time) FROM edge_candidates
        WHERE effect_topic = {topic:String} AND effect_partition = {partition:UInt32} AND effect_offset = {offset:UInt64}
    )
ORDER BY confidence DESC, cause_topic, cause_partition, cause_offset
LIMIT {rows_max:UInt32}
