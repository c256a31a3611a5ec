-- Which topic leads to which, by exact edges: what rings of topics are found in.
SELECT
    cause_topic,
    effect_topic,
    count() AS edges,
    groupUniqArrayIf(5)(effect_service, effect_service != '') AS services,
    min(effect_time) AS first_time,
    max(effect_time) AS last_time,
    argMax((toString(effect_topic), effect_partition, effect_offset), (effect_time, effect_offset)) AS example
FROM edges FINAL
WHERE relation = 'caused' AND evidence != 'inferred'
    AND effect_time >= {since:DateTime64(3, 'UTC')} AND effect_time < {until:DateTime64(3, 'UTC')}
GROUP BY cause_topic, effect_topic
