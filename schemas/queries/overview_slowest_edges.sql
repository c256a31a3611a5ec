-- Steps from topic to topic by the time they take; retries wait on purpose and are left out.
SELECT
    cause_topic,
    effect_service,
    effect_topic,
    count() AS edges,
    quantileExact(0.5)(latency_ms) AS p50_ms,
    quantileExact(0.95)(latency_ms) AS p95_ms,
    argMax(effect_partition, latency_ms) AS slowest_partition,
    argMax(effect_offset, latency_ms) AS slowest_offset
FROM
(
    SELECT *, toUnixTimestamp64Milli(effect_time) - toUnixTimestamp64Milli(cause_time) AS latency_ms
    FROM edges FINAL
    WHERE effect_time >= now64(3) - toIntervalSecond({window_s:UInt32}) AND relation = 'caused'
        AND confidence > 0
)
GROUP BY cause_topic, effect_service, effect_topic
ORDER BY p95_ms DESC, edges DESC
LIMIT {rows_max:UInt32}
