-- All candidates of events of a span of time, of the latest look at each.
SELECT effect_topic, effect_partition, effect_offset, cause_topic, cause_partition, cause_offset, confidence
FROM edge_candidates FINAL
WHERE effect_time >= {since:DateTime64(3, 'UTC')} AND effect_time < {until:DateTime64(3, 'UTC')}
ORDER BY inferred_time DESC
LIMIT {edges_max:UInt32}
