-- Dead letters per step of time, by where they came from, who gave up and why. Time is when they were read, as the
-- record's own may be that of its origin.
SELECT
    arrayCount(bound -> bound <= observed_time, {bounds:Array(DateTime64(3, 'UTC'))}) AS step,
    if(origin_topic = '', topic, origin_topic) AS source_topic,
    consumer_group,
    exception,
    count() AS dead_letters,
    uniqExact(failure_id) AS failures,
    argMax(event, observed_time) AS last_event
FROM dead_letters
WHERE observed_time >= {since:DateTime64(3, 'UTC')} AND observed_time < {until:DateTime64(3, 'UTC')}
GROUP BY step, source_topic, consumer_group, exception
ORDER BY step, dead_letters DESC, source_topic, consumer_group, exception
