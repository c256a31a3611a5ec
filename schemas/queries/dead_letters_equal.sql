-- For the newest records of a topic without provenance: earlier records elsewhere with the same key, size and
-- structure. `same` have the same record time and headers, as Connect keeps them; `named` are on the topic that the
-- name is made from. Records without a key are compared by their time as well.
WITH
    looked_at AS
    (
        SELECT partition, offset, ifNull(key, concat('\0', toString(record_timestamp_ms))) AS by_key,
            value_size_bytes, shape_id, record_timestamp_ms, header_names, header_values, observed_time, time
        FROM events
        WHERE topic = {topic:String} AND origin = '' AND observed_time >= {since:DateTime64(3)}
        ORDER BY observed_time DESC, offset DESC
        LIMIT 1 BY topic, partition, offset
        LIMIT {rows_max:UInt32}
    ),
    earlier AS
    (
        SELECT topic, partition, offset, ifNull(key, concat('\0', toString(record_timestamp_ms))) AS by_key,
            value_size_bytes, shape_id, record_timestamp_ms, header_names, header_values, observed_time
        FROM events
        WHERE topic != {topic:String} AND topic NOT IN {not_topics:Array(String)} AND origin = ''
            AND time >= (SELECT min(time) FROM looked_at) - toIntervalDay(7)
            AND time <= (SELECT max(observed_time) FROM looked_at) + toIntervalDay(1)
            AND value_size_bytes IN (SELECT value_size_bytes FROM looked_at)
            AND by_key IN (SELECT by_key FROM looked_at)
        LIMIT 1 BY topic, partition, offset
    )
SELECT
    partition,
    offset,
    groupArrayIf(9)((from_topic, from_partition, from_offset), tier = 3) AS same,
    groupArrayIf(9)((from_topic, from_partition, from_offset), tier = 2) AS named
FROM
(
    SELECT
        looked_at.partition AS partition, looked_at.offset AS offset,
        earlier.topic AS from_topic, earlier.partition AS from_partition, earlier.offset AS from_offset,
        multiIf(
            earlier.topic = '' OR earlier.observed_time > looked_at.observed_time + toIntervalSecond(5), 0,
            earlier.record_timestamp_ms = looked_at.record_timestamp_ms
                AND earlier.header_names = looked_at.header_names
                AND earlier.header_values = looked_at.header_values, 3,
            earlier.topic IN {named:Array(String)}, 2,
            0) AS tier
    FROM looked_at
    LEFT JOIN earlier
        ON earlier.by_key = looked_at.by_key AND earlier.value_size_bytes = looked_at.value_size_bytes
        AND earlier.shape_id = looked_at.shape_id
)
GROUP BY partition, offset
ORDER BY partition, offset
