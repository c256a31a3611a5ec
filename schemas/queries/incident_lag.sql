-- How far behind a consumer group was on each partition of a topic, by steps of time: the last word of each step.
SELECT partition, toUnixTimestamp(toStartOfInterval(observed_time, toIntervalSecond({step_s:UInt32}), 'UTC')) AS step,
    argMax(greatest(end_offset - committed_offset, 0), observed_time) AS lag
FROM group_offsets
WHERE consumer_group = {consumer_group:String} AND topic = {topic:String}
    AND observed_time >= {since:DateTime64(3, 'UTC')} - toIntervalSecond({holds_s:UInt32}) AND observed_time < {until:DateTime64(3, 'UTC')}
    AND committed_offset >= 0 AND end_offset >= 0
GROUP BY partition, step
ORDER BY partition, step
