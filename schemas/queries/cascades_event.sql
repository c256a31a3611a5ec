-- One event with everything that was kept of it. What may not be text travels as hexadecimal digits.
SELECT
    topic, partition, offset, time, record_timestamp_ms, timestamp_type, observed_time,
    hex(key) AS key_hex,
    value_size_bytes,
    arrayMap(name -> hex(name), header_names) AS header_names_hex,
    arrayMap(value -> hex(value), header_values) AS header_values_hex,
    trace_id, span_id, trace_convention, message_id, source, service, type, correlation_id, reply_id,
    content_type, shape_id, dead_letter, origin, failed_group, exception,
    names, reference_names, reference_relations, reference_evidences, errors
FROM events FINAL
WHERE topic = {topic:String} AND partition = {partition:UInt32} AND offset = {offset:UInt64}
LIMIT 1
