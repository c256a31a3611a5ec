-- Everything that was learned about what causes what.
SELECT effect_topic, effect_type, effect_service, cause_topic, cause_type, cause_service, shared, weight, latency,
       ranks, at_most
FROM edge_habits FINAL
ORDER BY weight DESC
LIMIT {rows_max:UInt32}
