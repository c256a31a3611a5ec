-- Takes back the edges that rest on names which turned out to be constants: they were made while few events had come
-- that answer to them. Safe to repeat.
INSERT INTO edges
    (effect_topic, effect_partition, effect_offset, cause_topic, cause_partition, cause_offset, relation, evidence,
     confidence, name, cause_time, effect_time, cause_service, effect_service, cause_type, effect_type, linked_time)
SELECT effect_topic, effect_partition, effect_offset, cause_topic, cause_partition, cause_offset, relation,
       'superseded' AS evidence, 0 AS confidence, name, cause_time, effect_time, cause_service, effect_service,
       cause_type, effect_type, now64(3, 'UTC') AS linked_time
FROM edges FINAL
WHERE name IN {names:Array(String)} AND edges.evidence IN ('header', 'context') AND edges.confidence > 0
  AND (effect_topic, effect_partition, effect_offset) IN
(
    SELECT topic, partition, offset FROM references
    WHERE name_hash IN (SELECT reinterpretAsUInt128(sipHash128(arrayJoin({names:Array(String)}))))
    UNION ALL
    SELECT topic, partition, offset FROM identities
    WHERE name_hash IN (SELECT reinterpretAsUInt128(sipHash128(arrayJoin({names:Array(String)}))))
)
