-- The topics and types that were counted anew at `counted`, with the first minute of each.
SELECT topic, type, toDateTime64(min(minute), 3, 'UTC') AS first_minute
FROM shape_counts
WHERE observed_time = {counted:DateTime64(3, 'UTC')}
GROUP BY topic, type
ORDER BY topic, type
