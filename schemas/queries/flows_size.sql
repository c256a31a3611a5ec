-- How much there is to look at, and up to when records have been read.
SELECT count() AS events, max(time) AS newest_time
FROM events
WHERE time >= {since:DateTime64(3, 'UTC')} AND time < {until:DateTime64(3, 'UTC')}
