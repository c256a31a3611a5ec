-- The spans of these traces, as far as they lead from what was sent to what was read.
SELECT trace_id, span_id, parent_span_id, toString(kind) AS kind, toString(operation) AS operation, toString(topic) AS topic, start_time
FROM spans
WHERE trace_id IN {trace_ids:Array(String)}
ORDER BY received_time
LIMIT 1 BY trace_id, span_id
LIMIT {spans_max:UInt32}
