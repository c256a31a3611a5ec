-- The watcher that has been there longest of those that are there; age in seconds.
SELECT watcher, dateDiff('millisecond', joined_time, now64(3)) / 1000 AS age_s
FROM alert_watchers FINAL
WHERE alive_time >= now64(3) - toIntervalSecond({alive_s:Float64})
ORDER BY joined_time, watcher
LIMIT 1
