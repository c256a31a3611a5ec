-- Traces of SkyWalking among the events of these batches.
SELECT DISTINCT trace_id
FROM events
WHERE (topic, partition, offset) IN
    (SELECT topic, partition, offset FROM batch_events WHERE batch IN {batches:Array(UInt64)})
  AND trace_convention = 'skywalking' AND trace_id != ''
LIMIT 100000
