-- How far detection has come, and the store's own time.
SELECT name, time, now64(3, 'UTC') AS read_time FROM incident_marks FINAL
