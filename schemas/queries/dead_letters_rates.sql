-- Failures per step of time: distinct ones, by when they were given up. One row per step, topic and consumer group.
SELECT
    toStartOfInterval(failed_time, toIntervalSecond({step_s:UInt32}), 'UTC') AS step,
    if(origin_topic = '', topic, origin_topic) AS about_topic,
    consumer_group,
    uniqExact(failure_id) AS failures,
    count() AS dead_letters
FROM dead_letters
WHERE failed_time >= {since:DateTime64(3)} AND failed_time < {until:DateTime64(3)}
GROUP BY step, about_topic, consumer_group
ORDER BY step, about_topic, consumer_group
