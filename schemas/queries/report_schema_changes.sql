-- Changes of payloads in a span of time, newest first.
SELECT topic, type, change_id, service, service_version, first_time, first_partition, first_offset, summary, verdict,
    state, new_share, reverted_time
FROM schema_changes FINAL
WHERE first_time >= {since:DateTime64(3, 'UTC')} AND first_time < {until:DateTime64(3, 'UTC')}
ORDER BY first_time DESC, topic, type, change_id
LIMIT {changes_max:UInt32}
