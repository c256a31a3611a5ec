-- Events of a span of time, as far as their causes can be guessed from it: the newest if there are too many.
SELECT
    topic, partition, offset, time, observed_time, type, service, message_id, trace_id, span_id, correlation_id,
    hex(ifNull(key, '')) AS key_hex,
    origin != '' AS is_copy,
    notEmpty(reference_names) AS refers
FROM events
WHERE time >= {since:DateTime64(3, 'UTC')} AND time < {until:DateTime64(3, 'UTC')}
ORDER BY time DESC, topic, partition, offset
LIMIT 1 BY topic, partition, offset
LIMIT {events_max:UInt32}
