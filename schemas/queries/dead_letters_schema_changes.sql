-- Changes of structure that may have made events of these topics fail.
SELECT topic, type, change_id, service, service_version, first_time, first_partition, first_offset, new_shapes, reverted_time,
    summary, verdict
FROM schema_changes FINAL
WHERE topic IN {topics:Array(String)} AND first_time >= {since:DateTime64(3)} AND first_time < {until:DateTime64(3)}
ORDER BY first_time DESC, topic, change_id
LIMIT 1000
