-- Of these events, those after which another one with the same key was written to the same topic.
SELECT wanted.topic AS topic, wanted.partition AS partition, wanted.offset AS offset
FROM
(
    SELECT topic, partition, offset, key FROM events
    WHERE key IS NOT NULL AND (topic, partition, offset) IN
        arrayZip({topics:Array(String)}, {partitions:Array(UInt32)}, {offsets:Array(UInt64)})
    LIMIT 1 BY topic, partition, offset
) AS wanted
INNER JOIN
(
    SELECT topic, partition, key, max(offset) AS newest FROM events
    WHERE topic IN {topics:Array(String)} AND origin = '' AND key IN
    (
        SELECT key FROM events WHERE (topic, partition, offset) IN
            arrayZip({topics:Array(String)}, {partitions:Array(UInt32)}, {offsets:Array(UInt64)})
    )
    GROUP BY topic, partition, key
) AS newer ON newer.topic = wanted.topic AND newer.partition = wanted.partition AND newer.key = wanted.key
WHERE newer.newest > wanted.offset
