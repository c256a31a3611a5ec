-- Records per second over the last hour, all collectors together.
SELECT step, sum(records_per_second) AS records_per_second, max(link_ms) AS link_ms, max(flush_ms) AS flush_ms
FROM
(
    SELECT
        toStartOfInterval(observed_time, toIntervalSecond({step_s:UInt32}), 'UTC') AS step,
        collector,
        avg(records_per_second) AS records_per_second,
        max(link_ms) AS link_ms,
        max(flush_ms) AS flush_ms
    FROM collector_status FINAL
    WHERE observed_time >= now64(3) - toIntervalSecond({window_s:UInt32})
    GROUP BY step, collector
)
GROUP BY step
ORDER BY step
