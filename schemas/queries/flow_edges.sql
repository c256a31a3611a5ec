-- What flows from topic through service to topic, and on what evidence. A mirror copies from topic to topic: the service
-- in the headers is that of the original. What was written twice flows nowhere.
SELECT
    cause_topic,
    effect_service,
    effect_topic,
    relation,
    count() AS edges,
    countIf(evidence = 'inferred') AS inferred,
    countIf(evidence != 'inferred' AND confidence < 1) AS ambiguous,
    avg(confidence) AS mean_confidence,
    groupUniqArray(5)(evidence) AS evidences,
    quantileExact(0.5)(latency_ms) AS p50_ms,
    quantileExact(0.95)(latency_ms) AS p95_ms,
    argMax(effect_partition, effect_time) AS last_partition,
    argMax(effect_offset, effect_time) AS last_offset
FROM
(
    SELECT
        * REPLACE (if(relation = 'mirrored', '', toString(effect_service)) AS effect_service),
        toUnixTimestamp64Milli(effect_time) - toUnixTimestamp64Milli(cause_time) AS latency_ms
    FROM edges FINAL
    WHERE effect_time >= {since:DateTime64(3, 'UTC')} AND effect_time < {until:DateTime64(3, 'UTC')} AND confidence > 0
      AND relation != 'duplicated'
)
GROUP BY cause_topic, effect_service, effect_topic, relation
ORDER BY cause_topic, effect_service, effect_topic, relation
