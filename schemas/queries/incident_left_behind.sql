-- Dead letters of a scope in [since, until] that nobody sent again.
SELECT count() AS waiting
FROM dead_letters
WHERE if(origin_topic = '', topic, origin_topic) = {topic:String} AND consumer_group = {consumer_group:String}
    AND (consumer_group != '' OR service = {service:String})
    AND time >= {since:DateTime64(3, 'UTC')} - toIntervalHour(6) AND time <= {until:DateTime64(3, 'UTC')}
    AND if(convention IN ('kafka-connect', 'kafka-streams') AND observed_time < time + toIntervalHour(6), observed_time, time)
        BETWEEN {since:DateTime64(3, 'UTC')} AND {until:DateTime64(3, 'UTC')}
    AND (topic, partition, offset) NOT IN
    (
        SELECT cause_topic, cause_partition, cause_offset FROM edges_by_cause
        WHERE relation = 'redriven' AND confidence > 0 AND effect_time >= {since:DateTime64(3, 'UTC')}
    )
