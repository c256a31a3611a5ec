-- How often which structure came, minute by minute, of these topics; in the order in which they came.
SELECT
    topic, type, service, service_version, toDateTime64(minute, 3, 'UTC') AS minute, shape_id, schema_id, events,
    first_time, first_partition, first_offset, last_time
FROM shape_counts FINAL
WHERE topic IN {topics:Array(String)} AND minute >= toDateTime({since:DateTime64(3, 'UTC')})
ORDER BY topic, type, service, minute, first_time, first_partition, first_offset
