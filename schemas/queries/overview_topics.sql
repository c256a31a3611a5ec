-- The busiest topics of the window.
SELECT
    topic,
    count() AS events,
    countIf(time >= now64(3) - toIntervalMinute(5)) AS events_5m,
    countIf(dead_letter) AS dead_letters
FROM events FINAL
WHERE time >= now64(3) - toIntervalSecond({window_s:UInt32}) AND time <= now64(3) + toIntervalSecond(5)
GROUP BY topic
ORDER BY events DESC, topic
