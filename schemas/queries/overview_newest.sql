-- How much there is and how fresh it is. Without FINAL on purpose: a copy changes neither maximum.
SELECT count() AS rows, max(time) AS newest_time, max(observed_time) AS newest_observed_time, now64(3, 'UTC') AS now
FROM events
