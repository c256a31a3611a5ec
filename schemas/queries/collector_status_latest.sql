-- The latest word of each collector that spoke within a day, and the time to compare it with.
SELECT *, now64(3, 'UTC') AS now
FROM collector_status FINAL
WHERE observed_time >= now64(3) - toIntervalHour(24)
ORDER BY observed_time DESC
LIMIT 1 BY collector
