-- How records of each topic and service are written: their usual header names, contexts that were appended to others,
-- ids. A sample is enough to know a habit.
SELECT
    topic,
    service,
    count() AS events,
    anyHeavy(arraySort(arrayDistinct(header_names))) AS names,
    countIf(countEqual(header_names, 'traceparent') > 1) AS appended,
    countIf(trace_id != '') AS traced,
    countIf(message_id != '') AS named
FROM events FINAL
WHERE time >= {since:DateTime64(3, 'UTC')} AND time < {until:DateTime64(3, 'UTC')}
    AND cityHash64(topic, partition, offset) % {one_in:UInt32} = 0
GROUP BY topic, service
