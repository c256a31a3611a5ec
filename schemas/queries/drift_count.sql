-- Count the structures in the minutes from..until (the last one excluded) anew. Copies are left out.
INSERT INTO shape_counts
    (topic, type, minute, service, service_version, shape_id, schema_id, events, first_time, first_partition,
        first_offset, last_time, observed_time)
SELECT
    topic, type, toStartOfMinute(time) AS minute, service, service_version, shape_id, schema_id,
    count(), min(time), argMin(partition, (time, partition, offset)), argMin(offset, (time, partition, offset)),
    max(time), {now:DateTime64(3, 'UTC')}
FROM events FINAL
WHERE time >= {from:DateTime64(3, 'UTC')} AND time < {until:DateTime64(3, 'UTC')}
    AND origin = '' AND NOT dead_letter AND value_size_bytes > 0
GROUP BY topic, type, minute, service, service_version, shape_id, schema_id
