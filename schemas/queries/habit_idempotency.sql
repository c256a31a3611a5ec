-- Records that came twice (one message id, one topic, no copies of each other), by the services that made something of
-- them: from one of the copies only, or from more than one.
WITH
    repeated AS
    (
        SELECT cityHash64(topic, source, message_id) AS name
        FROM events
        WHERE time >= {since:DateTime64(3, 'UTC')} AND time < {until:DateTime64(3, 'UTC')}
            AND message_id != '' AND origin = ''
        GROUP BY name
        HAVING count() BETWEEN 2 AND 8 -- an id on more records is a constant
        LIMIT 50000
    ),
    twins AS
    (
        SELECT
            toString(topic) AS twin_topic, partition AS twin_partition, offset AS twin_offset,
            cityHash64(topic, source, message_id) AS name
        FROM events FINAL
        WHERE time >= {since:DateTime64(3, 'UTC')} AND time < {until:DateTime64(3, 'UTC')}
            AND message_id != '' AND origin = '' AND cityHash64(topic, source, message_id) IN (SELECT name FROM repeated)
    )
SELECT
    effect_service AS service,
    count() AS seen,
    countIf(acted_on > 1) AS doubled,
    argMax(example, (acted_on > 1, last_time)) AS example
FROM
(
    SELECT
        name,
        toString(effect_service) AS effect_service,
        any(copies) AS copies,
        uniqExact(cause_partition, cause_offset) AS acted_on,
        max(effect_time) AS last_time,
        argMax(concat(effect_topic, '/', toString(effect_partition), '/', toString(effect_offset)), effect_time)
            AS example
    FROM edges_by_cause FINAL
    INNER JOIN (SELECT *, count() OVER (PARTITION BY name) AS copies FROM twins) AS twins
        ON cause_topic = twin_topic AND cause_partition = twin_partition AND cause_offset = twin_offset
    WHERE relation = 'caused' AND evidence != 'inferred' AND effect_service != ''
        AND (cause_topic, cause_partition, cause_offset) IN (SELECT twin_topic, twin_partition, twin_offset FROM twins)
    GROUP BY name, effect_service
    HAVING copies > 1
)
GROUP BY service
ORDER BY service
