-- What may have caused this event, surest first, where nothing on the wire says it: guesses that are not drawn.
-- None once there is evidence, and never the guess that is drawn.
SELECT cause_topic, cause_partition, cause_offset, confidence, name, cause_time, cause_service, cause_type,
       toUnixTimestamp64Milli(effect_time) - toUnixTimestamp64Milli(cause_time) AS latency_ms
FROM edge_candidates FINAL
WHERE effect_topic = {topic:String} AND effect_partition = {partition:UInt32} AND effect_offset = {offset:UInt64}
    AND inferred_time =
    (
        SELECT max(inferred_time) FROM edge_candidates
        WHERE effect_topic = {topic:String} AND effect_partition = {partition:UInt32}
            AND effect_offset = {offset:UInt64}
    )
    AND (SELECT count() FROM edges FINAL
         WHERE effect_topic = {topic:String} AND effect_partition = {partition:UInt32}
            AND effect_offset = {offset:UInt64} AND evidence != 'inferred') = 0
    AND (cause_topic, cause_partition, cause_offset) NOT IN
    (
        SELECT cause_topic, cause_partition, cause_offset FROM edges FINAL
        WHERE effect_topic = {topic:String} AND effect_partition = {partition:UInt32}
            AND effect_offset = {offset:UInt64} AND evidence = 'inferred' AND confidence > 0
    )
ORDER BY confidence DESC, cause_time DESC, cause_topic, cause_partition, cause_offset
LIMIT {rows_max:UInt32}
