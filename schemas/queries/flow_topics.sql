-- Who writes to which topic, and how much.
SELECT
    topic,
    service,
    count() AS events,
    countIf(dead_letter) AS dead_letters,
    countIf(origin != '' AND NOT dead_letter) AS copies,
    max(time) AS last_time,
    argMax(partition, (time, offset)) AS last_partition,
    argMax(offset, (time, offset)) AS last_offset
FROM events FINAL
WHERE time >= now64(3) - toIntervalSecond({window_s:UInt32}) AND time <= now64(3) + toIntervalSecond(5)
GROUP BY topic, service
ORDER BY topic, service
