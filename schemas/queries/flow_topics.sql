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
WHERE time >= {since:DateTime64(3, 'UTC')} AND time < {until:DateTime64(3, 'UTC')}
GROUP BY topic, service
ORDER BY topic, service
