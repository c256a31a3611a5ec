-- Partitions that a topic got after it had been there for ten minutes, as far as groups were followed.
SELECT topic, min(began) AS time, count() AS partitions
FROM
(
    SELECT topic, partition, min(observed_time) AS began, min(min(observed_time)) OVER (PARTITION BY topic) AS topic_began
    FROM group_offsets
    GROUP BY topic, partition
)
WHERE began >= topic_began + toIntervalMinute(10)
    AND began >= {since:DateTime64(3, 'UTC')} AND began < {until:DateTime64(3, 'UTC')}
GROUP BY topic
