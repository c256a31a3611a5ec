-- Events of each kind per stretch of time: how many could have led to something.
SELECT
    topic,
    type,
    count() AS events,
    sumMap([toUnixTimestamp(toStartOfInterval(time, toIntervalSecond({bucket_s:UInt32})))], [toUInt64(1)]) AS buckets
FROM events FINAL
WHERE time >= {since:DateTime64(3, 'UTC')} AND time < {until:DateTime64(3, 'UTC')}
    AND cityHash64(topic, partition, offset) % {one_in:UInt32} = 0
GROUP BY topic, type
ORDER BY events DESC
LIMIT {rows_max:UInt32}
