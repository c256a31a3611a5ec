-- Events of these traces, with the sw8 of those that SkyWalking's agent sent and that do not say their cause.
SELECT
    toString(topic) AS topic, partition, offset, trace_id, time, service, type, origin,
    if(trace_convention = 'skywalking' AND empty(reference_names) AND origin = '',
        header_values[indexOf(arrayMap(name -> lower(name), header_names), 'sw8')], NULL) AS sw8
FROM events
WHERE trace_id IN {trace_ids:Array(String)}
ORDER BY trace_id, topic, partition, offset, observed_time
LIMIT 1 BY topic, partition, offset
LIMIT {events_max:UInt32}
