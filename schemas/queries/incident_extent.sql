-- From when to when there is anything, when the first of it was read, and the store's own time.
SELECT count() AS events, min(time) AS first_time, max(time) AS last_time, min(observed_time) AS first_observed_time, max(observed_time) AS last_observed_time, now64(3, 'UTC') AS read_time
FROM events
