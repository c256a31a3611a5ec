-- Events and dead letters per day and topic, [since, until); a record that was read twice counts once.
SELECT topic, toStartOfDay(hour, 'UTC') AS day, sum(events) AS events, sum(dead_letters) AS dead_letters
FROM
(
    SELECT topic, hour, service, groupBitmapMerge(events) AS events, groupBitmapMerge(dead_letters) AS dead_letters
    FROM topic_hours
    WHERE hour >= {since:DateTime64(3, 'UTC')} AND hour < {until:DateTime64(3, 'UTC')}
    GROUP BY topic, hour, service
)
GROUP BY topic, day
ORDER BY topic, day
