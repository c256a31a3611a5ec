-- How far each group was on each partition, in the order of time: (second, committed, end).
SELECT consumer_group, topic, partition,
    arraySort(groupArray((toUnixTimestamp(observed_time), committed_offset, end_offset))) AS samples
FROM group_offsets FINAL
WHERE observed_time >= {since:DateTime64(3, 'UTC')} AND observed_time < {until:DateTime64(3, 'UTC')}
GROUP BY consumer_group, topic, partition
HAVING max(end_offset) > min(end_offset)
ORDER BY consumer_group, topic, partition
LIMIT 20000
