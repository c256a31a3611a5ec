-- Events per step of time, dead letters apart.
SELECT
    toStartOfInterval(time, toIntervalSecond({step_s:UInt32}), 'UTC') AS step,
    countIf(NOT dead_letter) AS events,
    countIf(dead_letter) AS dead_letters
FROM events FINAL
WHERE time >= now64(3) - toIntervalSecond({window_s:UInt32}) AND time <= now64(3) + toIntervalSecond(5)
GROUP BY step
ORDER BY step
