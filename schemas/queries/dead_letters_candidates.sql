-- Records that look like dead letters, first read from `since` on, and that are not in dead_letter_records yet: by
-- their headers, or because they lie on `topics`. Without FINAL on purpose: of a record that was read twice the first
-- row counts, and LIMIT BY finds that one.
SELECT topic, partition, offset, observed_time, time, record_timestamp_ms, key, value_size_bytes, header_names,
    header_values, origin, failed_group, exception, exception_message, attempt, service, type, schema_id, shape_id
FROM events
WHERE observed_time >= {since:DateTime64(3)}
    AND (dead_letter OR topic IN {topics:Array(String)})
    AND (topic, partition, offset) NOT IN
        (SELECT topic, partition, offset FROM dead_letter_records WHERE observed_time >= {since:DateTime64(3)})
ORDER BY observed_time, topic, partition, offset
LIMIT 1 BY topic, partition, offset
LIMIT {rows_max:UInt32}
