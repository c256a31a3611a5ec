-- Changes of the payloads of these topics whose first record came in a span of time, by that record.
SELECT change_id, concat(topic, '/', toString(first_partition), '/', toString(first_offset)) AS event
FROM schema_changes FINAL
WHERE topic IN ({topics:Array(String)}) AND first_time >= {since:DateTime64(3, 'UTC')} AND first_time <= {until:DateTime64(3, 'UTC')}
