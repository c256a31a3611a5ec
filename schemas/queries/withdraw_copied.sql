-- Takes back what was linked as causes of events that are known as copies by now: like all that they carry, the claim
-- is their origin's. Looks at events to which an edge was linked since then. Safe to repeat.
INSERT INTO edges
    (effect_topic, effect_partition, effect_offset, cause_topic, cause_partition, cause_offset, relation, evidence,
     confidence, name, cause_time, effect_time, cause_service, effect_service, cause_type, effect_type, linked_time)
SELECT effect_topic, effect_partition, effect_offset, cause_topic, cause_partition, cause_offset, relation,
       'superseded' AS evidence, 0 AS confidence, name, cause_time, effect_time, cause_service, effect_service,
       cause_type, effect_type, now64(3, 'UTC') AS linked_time
FROM edges FINAL
WHERE relation = 'caused' AND edges.confidence > 0 AND (effect_topic, effect_partition, effect_offset) IN
(
    SELECT effect_topic, effect_partition, effect_offset
    FROM edges FINAL
    WHERE relation != 'caused' AND evidence IN ('header', 'context') AND confidence >= 1
      AND (effect_topic, effect_partition, effect_offset) IN
        (SELECT effect_topic, effect_partition, effect_offset FROM edges
         WHERE linked_time >= {since:DateTime64(3, 'UTC')})
)
