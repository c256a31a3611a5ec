-- How many effects of these kinds one cause usually has (19 of 20 have no more).
SELECT cause_topic, effect_topic, effect_service, effect_type, quantileExact(0.95)(effects) AS usual, count() AS causes
FROM
(
    SELECT
        cause_topic, cause_partition, cause_offset, effect_topic, effect_service, effect_type,
        uniqExact(effect_partition, effect_offset) AS effects
    FROM edges FINAL
    WHERE relation = 'caused' AND evidence != 'inferred' AND confidence >= 1
        AND effect_time >= {since:DateTime64(3, 'UTC')} AND effect_time < {until:DateTime64(3, 'UTC')}
        AND effect_topic IN {topics:Array(String)}
        AND cityHash64(cause_topic, cause_partition, cause_offset) % {one_in:UInt32} = 0
    GROUP BY cause_topic, cause_partition, cause_offset, effect_topic, effect_service, effect_type
)
GROUP BY cause_topic, effect_topic, effect_service, effect_type
