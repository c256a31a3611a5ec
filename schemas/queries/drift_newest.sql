-- How many records were looked at for drift, of how many topics, and how new they are.
SELECT sum(events) AS records, uniqExact(topic) AS topics, max(last_time) AS newest_time
FROM shape_counts FINAL
WHERE minute >= toDateTime({since:DateTime64(3, 'UTC')})
