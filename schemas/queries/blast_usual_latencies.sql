-- How long steps between these topics take, nearly always, in the time before.
SELECT cause_topic, effect_topic, count() AS edges, quantileTDigest(0.99)(latency_ms) AS p99_ms
FROM
(
    SELECT
        toString(cause_topic) AS cause_topic, toString(effect_topic) AS effect_topic,
        toUnixTimestamp64Milli(effect_time) - toUnixTimestamp64Milli(cause_time) AS latency_ms
    FROM edges
    WHERE effect_topic IN {topics:Array(String)} AND cause_topic IN {topics:Array(String)} AND relation = 'caused' AND confidence > 0
        AND effect_time >= {since:DateTime64(3, 'UTC')} AND effect_time < {until:DateTime64(3, 'UTC')}
    LIMIT 500000
)
GROUP BY cause_topic, effect_topic
