-- Who reads what: the latest word on each consumer group and topic, with what is still to be read.
SELECT
    consumer_group,
    topic,
    count() AS partitions,
    sum(committed) AS committed_offset,
    sum(if(end < 0, 0, greatest(end - committed, 0))) AS lag,
    countIf(end < 0) AS unknown_ends,
    argMax(group_state, seen) AS state,
    argMax(group_members, seen) AS members,
    max(seen) AS observed_time
FROM
(
    SELECT consumer_group, topic, partition,
        argMax(committed_offset, observed_time) AS committed,
        argMax(end_offset, observed_time) AS end,
        argMax(state, observed_time) AS group_state,
        argMax(members, observed_time) AS group_members,
        max(observed_time) AS seen
    FROM group_offsets
    WHERE observed_time >= {since:DateTime64(3)}
    GROUP BY consumer_group, topic, partition
)
GROUP BY consumer_group, topic
ORDER BY consumer_group, topic
