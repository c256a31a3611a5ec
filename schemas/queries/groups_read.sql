-- Records that each consumer group read of each topic between two moments, as far as its progress was followed: what
-- was committed last before the end, less what was committed last before the beginning. `from_time` says from when on
-- it is known, later than the beginning where nobody looked before.
SELECT
    consumer_group,
    topic,
    sum(greatest(last_committed - first_committed, 0)) AS records,
    max(first_time) AS from_time,
    max(last_time) AS until_time
FROM
(
    SELECT consumer_group, topic, partition,
        if(countIf(observed_time < {since:DateTime64(3)}) > 0,
            argMaxIf(committed_offset, observed_time, observed_time < {since:DateTime64(3)}),
            argMin(committed_offset, observed_time)) AS first_committed,
        if(countIf(observed_time < {since:DateTime64(3)}) > 0, {since:DateTime64(3)}, min(observed_time)) AS first_time,
        argMax(committed_offset, observed_time) AS last_committed,
        max(observed_time) AS last_time
    FROM group_offsets
    WHERE observed_time >= {since:DateTime64(3)} - toIntervalHour(1) AND observed_time < {until:DateTime64(3)}
    GROUP BY consumer_group, topic, partition
)
GROUP BY consumer_group, topic
ORDER BY consumer_group, topic
