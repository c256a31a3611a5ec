-- Who wrote to each topic in a span of time, as far as it is known.
SELECT topic, groupUniqArray(toString(service)) AS services
FROM topic_hours
WHERE hour >= {since:DateTime64(3, 'UTC')} AND hour < {until:DateTime64(3, 'UTC')} AND service != ''
GROUP BY topic
ORDER BY topic
