-- What could not be done with records, by kind, with where it happened last.
SELECT
    kind,
    count() AS errors,
    countIf(observed_time >= now64(3) - toIntervalHour(1)) AS last_1h,
    max(observed_time) AS last_time,
    uniqExact(topic) AS topics
FROM collector_errors FINAL
WHERE observed_time >= now64(3) - toIntervalDay(7)
GROUP BY kind
ORDER BY last_time DESC, kind
