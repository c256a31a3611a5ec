-- The facts of these events, as first read. Not FINAL: that would merge whole granules for a row each.
SELECT topic, partition, offset, time, key, type, service, source, message_id, trace_id, span_id, correlation_id,
       dead_letter, notEmpty(reference_names) AS claims_cause, errors
FROM events
WHERE (topic, partition, offset) IN
    arrayZip({topics:Array(String)}, {partitions:Array(UInt32)}, {offsets:Array(UInt64)})
ORDER BY replay_rank DESC
LIMIT 1 BY topic, partition, offset
