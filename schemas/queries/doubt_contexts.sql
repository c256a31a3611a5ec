-- Lowers what the context before the last one says of these events, where several carry the same context of their own:
-- one of them appended it, and whether the others were sent with it or only hand it on is not known.
INSERT INTO edges
    (effect_topic, effect_partition, effect_offset, cause_topic, cause_partition, cause_offset, relation, evidence,
     confidence, name, cause_time, effect_time, cause_service, effect_service, cause_type, effect_type, linked_time)
WITH doubtful AS
(
    SELECT one.1 AS topic, one.2 AS partition, one.3 AS offset, one.4 AS most
    FROM
    (
        SELECT arrayJoin(arrayZip({topics:Array(String)}, {partitions:Array(UInt32)}, {offsets:Array(UInt64)},
            {most:Array(Float32)})) AS one
    )
)
SELECT effect_topic, effect_partition, effect_offset, cause_topic, cause_partition, cause_offset, relation,
       evidence, doubtful.most AS confidence, name, cause_time, effect_time, cause_service, effect_service,
       cause_type, effect_type, now64(3, 'UTC') AS linked_time
FROM
(
    SELECT *
    FROM edges FINAL
    WHERE relation = 'caused' AND evidence = 'context' AND confidence > 0
      AND (effect_topic, effect_partition, effect_offset) IN (SELECT topic, partition, offset FROM doubtful)
) AS known
INNER JOIN doubtful
    ON known.effect_topic = doubtful.topic AND known.effect_partition = doubtful.partition
    AND known.effect_offset = doubtful.offset
WHERE known.confidence > doubtful.most
