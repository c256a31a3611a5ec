-- Takes back what was linked as causes of events that are known as copies by now: like all that they carry, the claim
-- is their origin's. Looks at these events, and at those that claim to be caused by one of these names, to which
-- another event answers since. Safe to repeat.
INSERT INTO edges
    (effect_topic, effect_partition, effect_offset, cause_topic, cause_partition, cause_offset, relation, evidence,
     confidence, name, cause_time, effect_time, cause_service, effect_service, cause_type, effect_type, linked_time)
WITH
    asked AS
    (
        SELECT one.1 AS topic, one.2 AS partition, one.3 AS offset
        FROM
        (
            SELECT arrayJoin(arrayZip({topics:Array(String)}, {partitions:Array(UInt32)}, {offsets:Array(UInt64)}))
                AS one
        )
        UNION DISTINCT
        SELECT toString(topic) AS topic, partition, offset
        FROM references
        WHERE name_hash IN (SELECT reinterpretAsUInt128(sipHash128(arrayJoin({names:Array(String)}))))
    ),
    copied AS
    (
        SELECT effect_topic, effect_partition, effect_offset
        FROM edges FINAL
        WHERE relation != 'caused' AND evidence IN ('header', 'context') AND edges.confidence >= 1
          AND (effect_topic, effect_partition, effect_offset) IN (SELECT topic, partition, offset FROM asked)
    )
SELECT effect_topic, effect_partition, effect_offset, cause_topic, cause_partition, cause_offset, relation,
       'superseded' AS evidence, 0 AS confidence, name, cause_time, effect_time, cause_service, effect_service,
       cause_type, effect_type, now64(3, 'UTC') AS linked_time
FROM edges FINAL
WHERE relation = 'caused' AND edges.confidence > 0
  AND (effect_topic, effect_partition, effect_offset) IN (SELECT * FROM copied)
