-- Records per step of time and topic; a step is the number of `bounds` that an hour has reached. Copies are apart: a
-- retry or a dead letter repeats its origin. A record that was read twice counts once.
SELECT
    step,
    topic,
    sum(events) AS events,
    sum(copies) AS copies,
    sum(dead_letters) AS dead_letters
FROM
(
    SELECT
        arrayCount(bound -> bound <= toDateTime64(hour, 3, 'UTC'), {bounds:Array(DateTime64(3, 'UTC'))}) AS step,
        topic,
        hour,
        groupBitmapMerge(events) AS events,
        groupBitmapMerge(copies) AS copies,
        groupBitmapMerge(dead_letters) AS dead_letters
    FROM topic_hours
    WHERE hour >= {since:DateTime64(3, 'UTC')} AND hour < {until:DateTime64(3, 'UTC')}
    GROUP BY topic, hour
)
GROUP BY step, topic
ORDER BY step, topic
