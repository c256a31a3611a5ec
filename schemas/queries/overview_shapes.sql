-- Payload structures in the order in which they first appeared, newest last.
SELECT topic, type, shape_id, paths, first_partition, first_offset, first_time
FROM
(
    SELECT * FROM shapes FINAL ORDER BY first_time DESC, topic, type, shape_id LIMIT {rows_max:UInt32}
)
ORDER BY first_time, topic, type, shape_id
