-- Events whose trace context breaks its standard (all zeros, version ff, wrong length, …) and is ignored.
SELECT
    topic,
    service,
    count() AS found,
    min(time) AS first_time,
    max(time) AS last_time,
    arrayMap(one -> one.2, arraySlice(arrayReverseSort(groupArray(500)((time, (toString(topic), partition, offset)))), 1, 5)) AS examples
FROM events FINAL
WHERE time >= {since:DateTime64(3, 'UTC')} AND time < {until:DateTime64(3, 'UTC')}
    AND has(errors, 'trace context is not valid')
GROUP BY topic, service
ORDER BY found DESC, topic, service
LIMIT {rows_max:UInt32}
