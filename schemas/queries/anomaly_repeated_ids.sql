-- Message ids that stand on several records of one topic (copies of a record, such as retries, are none of them).
-- An id that more than eight records with more than eight keys carry is a constant, not a duplicate.
-- Of many ids one in `one_in` is looked at, with all of its records.
WITH repeated AS
(
    SELECT cityHash64(topic, source, message_id) AS name
    FROM events
    WHERE time >= {since:DateTime64(3, 'UTC')} AND time < {until:DateTime64(3, 'UTC')}
        AND message_id != '' AND origin = '' AND cityHash64(topic, source, message_id) % {one_in:UInt32} = 0
    GROUP BY name
    HAVING count() > 1 -- a row that was written twice counts here and not below
    LIMIT 200000
)
SELECT
    topic,
    service,
    copies > 8 AND keys > 8 AS constant,
    sum(copies - 1) AS found,
    count() AS ids,
    max(copies) AS worst,
    min(first_time) AS first_time,
    max(last_time) AS last_time,
    arrayMap(one -> one.2, arraySlice(arrayReverseSort(groupArray(500)((copies, last_place))), 1, 5)) AS examples
FROM
(
    SELECT
        topic, source, message_id,
        any(service) AS service,
        count() AS copies,
        uniq(key) AS keys,
        min(time) AS first_time,
        max(time) AS last_time,
        argMax((toString(topic), partition, offset), (time, offset)) AS last_place
    FROM events FINAL
    WHERE time >= {since:DateTime64(3, 'UTC')} AND time < {until:DateTime64(3, 'UTC')}
        AND message_id != '' AND origin = '' AND cityHash64(topic, source, message_id) IN (SELECT name FROM repeated)
    GROUP BY topic, source, message_id
    HAVING copies > 1
)
GROUP BY topic, service, constant
ORDER BY found DESC, topic, service
LIMIT {rows_max:UInt32}
SETTINGS max_bytes_before_external_group_by = 400000000
