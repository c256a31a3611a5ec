-- When the events happened that were observed in a span of time: how many per stretch.
SELECT toStartOfInterval(time, toIntervalSecond({bucket_s:UInt32})) AS bucket, count() AS events
FROM events
WHERE observed_time >= {since:DateTime64(3, 'UTC')} AND observed_time < {until:DateTime64(3, 'UTC')}
GROUP BY bucket
ORDER BY bucket
