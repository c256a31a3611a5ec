-- Dead letters per step of time, by where they came from, who gave up and why. Time is when they were given up, as well
-- as it is known: a record's own may be that of its origin, and history is read late.
SELECT
    arrayCount(bound -> bound <= failed_time, {bounds:Array(DateTime64(3, 'UTC'))}) AS step,
    if(origin_topic = '', topic, origin_topic) AS source_topic,
    consumer_group,
    exception,
    count() AS dead_letters,
    uniqExact(failure_id) AS failures,
    argMax(event, failed_time) AS last_event
FROM dead_letters
WHERE failed_time >= {since:DateTime64(3, 'UTC')} AND failed_time < {until:DateTime64(3, 'UTC')}
GROUP BY step, source_topic, consumer_group, exception
ORDER BY step, dead_letters DESC, source_topic, consumer_group, exception
