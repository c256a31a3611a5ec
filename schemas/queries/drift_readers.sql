-- The consumer groups that read these topics, and how far behind they were when they were last asked.
SELECT topic, consumer_group, sum(behind) AS lag, max(asked_time) AS seen_time
FROM
(
    SELECT topic, consumer_group, partition, max(observed_time) AS asked_time,
        argMax(committed_offset, observed_time) AS committed,
        argMax(if(committed_offset < 0 OR end_offset < 0, 0, greatest(end_offset - committed_offset, 0)), observed_time)
            AS behind
    FROM group_offsets
    WHERE topic IN {topics:Array(String)} AND observed_time >= {since:DateTime64(3, 'UTC')}
    GROUP BY topic, consumer_group, partition
)
WHERE committed >= 0
GROUP BY topic, consumer_group
ORDER BY topic, lag DESC, consumer_group
