-- How long after an event its first effect of each kind comes, and who writes it. The time of incidents that are over is
-- left out: what came late then is not what is usual.
WITH
    (
        SELECT groupArray((toString(topic), impact_time, assumeNotNull(mitigated_time)))
        FROM incidents FINAL
        WHERE kind = 'flow_stuck' AND state = 'resolved' AND mitigated_time IS NOT NULL
            AND mitigated_time >= {since:DateTime64(3, 'UTC')}
    ) AS stuck
SELECT
    cause_topic, cause_type, effect_topic, effect_type,
    anyHeavy(service) AS service,
    count() AS events,
    quantilesTDigest(0.5, 0.95, 0.99)(latency_ms) AS latency_ms
FROM
(
    SELECT
        cause_topic, cause_partition, cause_offset, cause_type, effect_topic, effect_type,
        any(effect_service) AS service,
        toUnixTimestamp64Milli(min(effect_time)) - toUnixTimestamp64Milli(any(cause_time)) AS latency_ms
    FROM edges_by_cause FINAL
    WHERE cause_time >= {since:DateTime64(3, 'UTC')} AND cause_time < {until:DateTime64(3, 'UTC')}
        AND relation = 'caused' AND confidence > 0 AND (evidence != 'inferred' OR {guesses:UInt8} = 1)
        AND NOT arrayExists(span -> span.1 = toString(cause_topic) AND cause_time BETWEEN span.2 AND span.3, stuck)
        AND cityHash64(cause_topic, cause_partition, cause_offset) % {one_in:UInt32} = 0
    GROUP BY cause_topic, cause_partition, cause_offset, cause_type, effect_topic, effect_type
)
GROUP BY cause_topic, cause_type, effect_topic, effect_type
