-- Changes of payloads whose first record came in a span of time.
SELECT topic, type, kind, service, service_version, first_time, first_partition, first_offset, from_schema, to_schema, summary, verdict
FROM schema_changes FINAL
WHERE first_time >= {since:DateTime64(3, 'UTC')} AND first_time < {until:DateTime64(3, 'UTC')}
ORDER BY first_time, topic, type, change_id
LIMIT 5000
