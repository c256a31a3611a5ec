-- Trace contexts that stand on more than eight records with more than eight keys of one topic: constants, which name
-- nothing. Of many contexts one in `one_in` is looked at.
SELECT
    topic,
    service,
    sum(records) AS found,
    count() AS contexts,
    max(records) AS worst,
    min(first_time) AS first_time,
    max(last_time) AS last_time,
    arrayMap(one -> one.2, arraySlice(arrayReverseSort(groupArray(500)((records, last_place))), 1, 5)) AS examples
FROM
(
    SELECT
        topic,
        cityHash64(trace_id, span_id) AS context,
        any(service) AS service,
        count() AS records,
        uniq(key) AS keys,
        min(time) AS first_time,
        max(time) AS last_time,
        argMax((toString(topic), partition, offset), (time, offset)) AS last_place
    FROM events FINAL
    WHERE time >= {since:DateTime64(3, 'UTC')} AND time < {until:DateTime64(3, 'UTC')}
        AND trace_id != '' AND span_id != '' AND origin = '' AND cityHash64(trace_id, span_id) % {one_in:UInt32} = 0
    GROUP BY topic, context
    HAVING records > 8 AND keys > 8
)
GROUP BY topic, service
ORDER BY found DESC, topic, service
LIMIT {rows_max:UInt32}
SETTINGS max_bytes_before_external_group_by = 400000000
