-- The first hour in which any record lies, before a moment.
SELECT count() AS rows, min(hour) AS first_hour
FROM topic_hours
WHERE hour < {until:DateTime64(3, 'UTC')}
