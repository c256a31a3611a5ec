-- Edges to events of a span of time, guesses among them.
SELECT
    effect_topic, effect_partition, effect_offset, cause_topic, cause_partition, cause_offset, relation, evidence,
    confidence, name, cause_time, effect_time, cause_service, effect_service, cause_type, effect_type
FROM edges FINAL
WHERE effect_time >= {since:DateTime64(3, 'UTC')} AND effect_time < {until:DateTime64(3, 'UTC')} AND confidence > 0
LIMIT {edges_max:UInt32}
