-- The minutes of records that were read since: their structures have to be counted again.
SELECT toDateTime64(toStartOfMinute(time), 3, 'UTC') AS minute, max(observed_time) AS newest
FROM events
WHERE observed_time >= {since:DateTime64(3, 'UTC')} AND time >= {oldest:DateTime64(3, 'UTC')}
GROUP BY minute
ORDER BY minute
