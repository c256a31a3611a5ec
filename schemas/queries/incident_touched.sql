-- Minutes in which something happened that was stored (`by` = store) or found to be a dead letter (`by` = watcher) since
-- a mark. Each has its own clock: the newest moment of each, and the store's time, are for the next marks.
SELECT by, toStartOfMinute(happened) AS minute, max(told) AS newest, now64(3, 'UTC') AS read_time
FROM
(
    SELECT 'store' AS by, time AS happened, toDateTime64(written_time, 3, 'UTC') AS told
    FROM batch_events WHERE written_time >= {stored:DateTime64(3, 'UTC')}
    UNION ALL
    SELECT 'watcher' AS by,
        if(convention IN ('kafka-connect', 'kafka-streams') AND observed_time < time + toIntervalHour(6), observed_time, time) AS happened,
        found_time AS told
    FROM dead_letter_records WHERE found_time >= {found:DateTime64(3, 'UTC')}
)
GROUP BY by, minute
ORDER BY minute
