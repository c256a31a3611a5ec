-- What changed in the structure of payloads since a time, newest first.
SELECT *
FROM schema_changes FINAL
WHERE greatest(first_time, last_new_time) >= {since:DateTime64(3, 'UTC')}
ORDER BY first_time DESC, topic, type, change_id
LIMIT {rows_max:UInt32}
