-- When dead letters of a scope that were given up in [since, until] were sent again, by steps of time up to `seen_until`.
SELECT toUnixTimestamp(toStartOfInterval(effect_time, toIntervalSecond({step_s:UInt32}), 'UTC')) AS step,
    uniqExact(cause_topic, cause_partition, cause_offset) AS sent
FROM edges_by_cause
WHERE relation = 'redriven' AND confidence > 0
    AND effect_time >= {since:DateTime64(3, 'UTC')} AND effect_time < {seen_until:DateTime64(3, 'UTC')}
    AND (cause_topic, cause_partition, cause_offset) IN
    (
        SELECT topic, partition, offset FROM dead_letters
        WHERE if(origin_topic = '', topic, origin_topic) = {topic:String} AND consumer_group = {consumer_group:String}
            AND (consumer_group != '' OR service = {service:String})
            AND time >= {since:DateTime64(3, 'UTC')} - toIntervalHour(6) AND time <= {until:DateTime64(3, 'UTC')}
    )
GROUP BY step
ORDER BY step
