-- Events that answer to a name to which an event of these batches answers too. Of a name that more than eight events
-- share, nine: that many make it a constant.
WITH
    -- Nearly all names stand in one row: which do not is counted by the hash alone, which reads little.
    repeated AS
    (
        SELECT name_hash
        FROM identities
        WHERE name_hash IN
            (SELECT reinterpretAsUInt128(sipHash128(arrayJoin(names))) FROM batch_events
             WHERE batch IN {batches:Array(UInt64)})
          AND name_hash NOT IN (SELECT name_hash FROM constants)
        GROUP BY name_hash
        HAVING count() > 1
    ),
    shared AS
    (
        SELECT name_hash, groupUniqArray(9)((toString(topic), partition, offset)) AS places
        FROM identities
        WHERE name_hash IN (SELECT name_hash FROM repeated)
        GROUP BY name_hash
        HAVING length(places) > 8 OR uniqExactIf((topic, partition, offset), origin = '') > 1
    )
SELECT
    name, toString(topic) AS topic, partition, offset, origin, time, record_timestamp_ms, timestamp_type = 'append' AS appended,
    hex(ifNull(key, '')) AS key_hex, value_size_bytes, shape_id, message_id, concat(trace_id, '-', span_id) AS context,
    service, type, has(reference_evidences, 'context') AS claims_context
FROM events
ARRAY JOIN names AS name
WHERE (topic, partition, offset) IN (SELECT one.1, one.2, one.3 FROM (SELECT arrayJoin(places) AS one FROM shared))
  AND reinterpretAsUInt128(sipHash128(name)) IN (SELECT name_hash FROM shared)
ORDER BY name, topic, partition, offset, observed_time
LIMIT 1 BY name, topic, partition, offset
SETTINGS max_threads = 1
