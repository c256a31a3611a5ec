-- Events that name a cause which was never seen. Those read in the last seconds of the span are left out: their cause
-- may be on its way. Of many events one in `one_in` is looked at.
SELECT
    topic,
    service,
    count() AS found,
    min(time) AS first_time,
    max(time) AS last_time,
    arrayMap(one -> one.2, arraySlice(arrayReverseSort(groupArray(500)((time, (toString(topic), partition, offset)))), 1, 5)) AS examples
FROM events FINAL
WHERE time >= {since:DateTime64(3, 'UTC')} AND time < {until:DateTime64(3, 'UTC')}
    AND observed_time <= now64(3) - toIntervalSecond(30)
    AND notEmpty(reference_names) AND cityHash64(topic, partition, offset) % {one_in:UInt32} = 0
    AND (topic, partition, offset) NOT IN
    (
        SELECT effect_topic, effect_partition, effect_offset
        FROM edges
        WHERE effect_time >= {since:DateTime64(3, 'UTC')} AND effect_time < {until:DateTime64(3, 'UTC')}
            AND evidence != 'inferred' AND cityHash64(effect_topic, effect_partition, effect_offset) % {one_in:UInt32} = 0
    )
GROUP BY topic, service
ORDER BY found DESC, topic, service
LIMIT {rows_max:UInt32}
