-- What followed from records that carry the same message id on the same topic: effects of one kind, of all copies
-- together. Whether that is more than one record usually has is judged with anomaly_usual_effects.
WITH
    repeated AS
    (
        SELECT cityHash64(topic, source, message_id) AS name
        FROM events
        WHERE time >= {since:DateTime64(3, 'UTC')} AND time < {until:DateTime64(3, 'UTC')}
            AND message_id != '' AND origin = '' AND cityHash64(topic, source, message_id) % {one_in:UInt32} = 0
        GROUP BY name
        HAVING count() BETWEEN 2 AND 64
        LIMIT 50000
    ),
    twins AS
    (
        SELECT
            toString(topic) AS twin_topic, partition AS twin_partition, offset AS twin_offset,
            cityHash64(topic, source, message_id) AS twin_name
        FROM events FINAL
        WHERE time >= {since:DateTime64(3, 'UTC')} AND time < {until:DateTime64(3, 'UTC')}
            AND message_id != '' AND origin = '' AND cityHash64(topic, source, message_id) IN (SELECT name FROM repeated)
    )
SELECT
    cause_topic,
    effect_topic,
    effect_service,
    effect_type,
    any(copies) AS copies,
    uniqExact(effect_partition, effect_offset) AS effects,
    min(effect_time) AS first_time,
    max(effect_time) AS last_time,
    argMax((toString(effect_topic), effect_partition, effect_offset), (effect_time, effect_offset)) AS example
FROM edges_by_cause FINAL
INNER JOIN (SELECT *, count() OVER (PARTITION BY twin_name) AS copies FROM twins) AS twins
    ON cause_topic = twin_topic AND cause_partition = twin_partition AND cause_offset = twin_offset
WHERE relation = 'caused' AND evidence != 'inferred'
    AND (cause_topic, cause_partition, cause_offset) IN (SELECT twin_topic, twin_partition, twin_offset FROM twins)
GROUP BY twin_name, cause_topic, effect_topic, effect_service, effect_type
HAVING copies > 1 AND effects > 1
ORDER BY last_time DESC
LIMIT {rows_max:UInt32}
