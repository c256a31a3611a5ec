-- How each topic was written in a span of time: by whom, with which schema id, or as JSON without one.
SELECT
    topic, service, service_version, toString(schema_id) AS schema_id, shape_id != 0 AS json, sum(events) AS records,
    max(last_time) AS last_time
FROM shape_counts FINAL
WHERE minute >= toDateTime({since:DateTime64(3, 'UTC')})
GROUP BY topic, service, service_version, schema_id, json
ORDER BY topic, records DESC, service, schema_id
LIMIT 20000
