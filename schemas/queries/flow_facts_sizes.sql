-- How many events there are in each hour of [since, until), and how far what was read in the last two minutes reaches.
SELECT
    toStartOfHour(time, 'UTC') AS hour, count() AS events,
    (SELECT max(time) FROM batch_events WHERE written_time >= now() - 120) AS newest_read
FROM events
WHERE time >= {since:DateTime64(3, 'UTC')} AND time < {until:DateTime64(3, 'UTC')}
GROUP BY hour
ORDER BY hour
