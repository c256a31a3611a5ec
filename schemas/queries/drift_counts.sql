-- How often which structure came, minute by minute, of the streams that have one in or after `changed`.
SELECT
    topic, type, service, service_version, toDateTime64(minute, 3, 'UTC') AS minute, shape_id, schema_id, events,
    first_time, first_partition, first_offset, last_time
FROM shape_counts FINAL
WHERE minute >= {since:DateTime('UTC')} AND minute < {until:DateTime('UTC')}
ORDER BY topic, type, minute, first_time, first_partition, first_offset
