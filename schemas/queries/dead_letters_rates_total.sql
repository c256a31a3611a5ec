-- Failures per step of time, all topics and consumer groups together: distinct ones, by when they were given up.
SELECT
    toStartOfInterval(failed_time, toIntervalSecond({step_s:UInt32}), 'UTC') AS step,
    uniqExact(failure_id) AS failures
FROM dead_letters
WHERE failed_time >= {since:DateTime64(3)} AND failed_time < {until:DateTime64(3)}
GROUP BY step
ORDER BY step
