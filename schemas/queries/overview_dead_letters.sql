-- Dead letters of the last day by topic and reason. `minutes` says in which minutes there were any: where a run of
-- failures began can be read from it.
SELECT
    topic,
    exception,
    countIf(time >= now64(3) - toIntervalMinute(15)) AS last_15m,
    countIf(time >= now64(3) - toIntervalHour(1)) AS last_1h,
    count() AS last_24h,
    max(time) AS last_time,
    argMax(partition, (time, offset)) AS last_partition,
    argMax(offset, (time, offset)) AS last_offset,
    argMax(if(failed_group = '', service, failed_group), (time, offset)) AS failing,
    argMax(extract(origin, '^event:(.+)/[0-9]+/[0-9]+$'), (time, offset)) AS origin_topic,
    arraySort(groupUniqArray(toUnixTimestamp(toStartOfMinute(time)))) AS minutes
FROM events FINAL
WHERE dead_letter AND time >= now64(3) - toIntervalHour(24) AND time <= now64(3) + toIntervalSecond(5)
GROUP BY topic, exception
ORDER BY last_15m DESC, last_1h DESC, last_24h DESC, topic, exception
LIMIT 200
