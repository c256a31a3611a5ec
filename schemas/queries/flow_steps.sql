-- What each service takes from each topic (cause_topic = '' is all topics together) and how long it needs.
SELECT
    cause_topic,
    effect_service,
    uniqExact(topic, cause_partition, cause_offset) AS records,
    quantileExact(0.5)(latency_ms) AS p50_ms,
    quantileExact(0.95)(latency_ms) AS p95_ms
FROM
(
    SELECT
        toString(cause_topic) AS cause_topic, toString(cause_topic) AS topic, cause_partition, cause_offset,
        toString(effect_service) AS effect_service,
        toUnixTimestamp64Milli(effect_time) - toUnixTimestamp64Milli(cause_time) AS latency_ms
    FROM edges FINAL
    WHERE effect_time >= {since:DateTime64(3, 'UTC')} AND effect_time < {until:DateTime64(3, 'UTC')} AND effect_service != ''
        AND confidence > 0 AND relation NOT IN ('mirrored', 'duplicated')
)
GROUP BY GROUPING SETS ((cause_topic, effect_service), (effect_service))
ORDER BY effect_service, cause_topic
