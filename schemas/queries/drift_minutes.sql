-- The minutes of records that were read since: their structures have to be counted again.
SELECT toStartOfMinute(time) AS minute, count() AS events, max(observed_time) AS newest
FROM events
WHERE observed_time >= {since:DateTime64(3, 'UTC')}
GROUP BY minute
ORDER BY minute
