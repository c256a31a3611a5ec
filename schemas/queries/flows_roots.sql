-- Where cascades begin, by class: events that name no cause and that no known cause has. A few of each to follow, the
-- same ones whenever this is asked.
SELECT
    topic,
    type,
    service,
    count() AS roots,
    min(time) AS first_time,
    max(time) AS last_time,
    arrayMap(one -> (one.2, one.3, one.4, one.5),
        groupArraySorted({per_class:UInt32})((cityHash64(topic, partition, offset), toString(topic), partition, offset, time))) AS samples
FROM events FINAL
WHERE time >= {since:DateTime64(3, 'UTC')} AND time < {until:DateTime64(3, 'UTC')}
    AND origin = '' AND empty(reference_names) AND cityHash64(topic, partition, offset) % {one_in:UInt32} = 0
    AND (topic, partition, offset) NOT IN
    (
        SELECT effect_topic, effect_partition, effect_offset
        FROM edges
        WHERE effect_time >= {since:DateTime64(3, 'UTC')} AND effect_time < {until:DateTime64(3, 'UTC')}
            AND cityHash64(effect_topic, effect_partition, effect_offset) % {one_in:UInt32} = 0
    )
GROUP BY topic, type, service
ORDER BY roots DESC, topic, type, service
LIMIT {rows_max:UInt32}
