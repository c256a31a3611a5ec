-- The topics whose first record is youngest. Without FINAL on purpose: a copy changes no minimum.
SELECT topic, min(time) AS first_time, argMin(partition, (time, offset)) AS first_partition,
    argMin(offset, (time, offset)) AS first_offset, min(min(time)) OVER () AS oldest_time
FROM events
GROUP BY topic
ORDER BY first_time DESC, topic
LIMIT {rows_max:UInt32}
