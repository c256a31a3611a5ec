-- Events that share these trace ids, oldest first.
SELECT topic, partition, offset, time, type, service, dead_letter, reference_names
FROM events FINAL
WHERE trace_id IN {trace_ids:Array(String)}
ORDER BY time, topic, partition, offset
LIMIT {rows_max:UInt32}
