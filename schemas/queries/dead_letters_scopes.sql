-- Failures per topic and consumer group in the last minutes and in the whole time, and what was written to the topic.
WITH
    found AS
    (
        SELECT
            if(origin_topic = '', topic, origin_topic) AS about_topic,
            consumer_group,
            uniqExact(failure_id) AS failures,
            uniqExactIf(failure_id, failed_time >= {now:DateTime64(3)} - toIntervalMinute(15)) AS last_15m,
            max(failed_time) AS last_time
        FROM dead_letters
        WHERE failed_time >= {since:DateTime64(3)} AND failed_time < {until:DateTime64(3)}
        GROUP BY about_topic, consumer_group
    )
SELECT found.about_topic AS topic, found.consumer_group AS consumer_group, found.failures AS failures,
    found.last_15m AS last_15m, found.last_time AS last_time, written.records AS produced,
    if(written.records > 0, written.first_written, toDateTime64(0, 3, 'UTC')) AS first_written
FROM found
LEFT JOIN
(
    SELECT topic, uniqExact(partition, offset) AS records,
        min(if(observed_time - time > 3600, time, observed_time)) AS first_written
    FROM events
    WHERE topic IN (SELECT about_topic FROM found)
        AND if(observed_time - time > 3600, time, observed_time) >= {since:DateTime64(3)}
        AND if(observed_time - time > 3600, time, observed_time) < {until:DateTime64(3)}
    GROUP BY topic
) AS written ON written.topic = found.about_topic
ORDER BY last_15m DESC, failures DESC, topic, consumer_group
LIMIT {rows_max:UInt32}
