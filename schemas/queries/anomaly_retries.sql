-- Records sent again as retries in a span of time, by the topic that they first stood on and the service that sends
-- them: how many, of how many originals, how often the worst of them, and how many in the worst minute.
SELECT
    origin_topic AS topic,
    service,
    sum(attempts) AS found,
    count() AS originals,
    max(attempts) AS worst,
    arrayMax((sumMap(minutes.1, minutes.2) AS per_minute).2) AS peak_per_minute,
    min(first_time) AS first_time,
    max(last_time) AS last_time,
    arrayMap(one -> one.2, arraySlice(arrayReverseSort(groupArray(500)((attempts, last_place))), 1, 5)) AS examples
FROM
(
    SELECT
        origin_topic, origin_partition, origin_offset, service,
        count() AS attempts,
        sumMap([toUnixTimestamp(toStartOfMinute(time))], [toUInt64(1)]) AS minutes,
        min(time) AS first_time,
        max(time) AS last_time,
        argMax((toString(topic), partition, offset), (time, offset)) AS last_place
    FROM copies FINAL
    WHERE relation = 'retried' AND time >= {since:DateTime64(3, 'UTC')} AND time < {until:DateTime64(3, 'UTC')}
    GROUP BY origin_topic, origin_partition, origin_offset, service
)
GROUP BY topic, service
ORDER BY found DESC, topic, service
LIMIT {rows_max:UInt32}
