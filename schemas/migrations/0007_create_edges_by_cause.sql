-- The same edges in the order that the question "what did it cause?" asks for.
CREATE TABLE IF NOT EXISTS edges_by_cause AS edges
ENGINE = ReplacingMergeTree(linked_time)
ORDER BY (cause_topic, cause_partition, cause_offset, effect_topic, effect_partition, effect_offset, relation)
SETTINGS index_granularity = 256
