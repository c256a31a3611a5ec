-- Per key: effects that stand on their topic in another order than their causes do on theirs. Two neighbours are
-- compared when causes share topic, partition and key, and effects share topic, partition, key, type and service; of
-- several effects of one cause the first counts. `edges_max` newest exact edges are looked at.
WITH
    chosen AS
    (
        SELECT
            toString(cause_topic) AS cause_topic, cause_partition, cause_offset,
            toString(effect_topic) AS effect_topic, effect_partition, effect_offset,
            toString(effect_service) AS effect_service, toString(effect_type) AS effect_type, effect_time
        FROM edges FINAL
        WHERE relation = 'caused' AND evidence != 'inferred' AND confidence >= 1
            AND effect_time >= {since:DateTime64(3, 'UTC')} AND effect_time < {until:DateTime64(3, 'UTC')}
        ORDER BY effect_time DESC
        LIMIT {edges_max:UInt32}
    ),
    keyed AS
    (
        SELECT toString(topic) AS topic, partition, offset, cityHash64(assumeNotNull(key)) AS key_hash
        FROM events
        WHERE time >= {since:DateTime64(3, 'UTC')} - toIntervalHour(1)
            AND time < {until:DateTime64(3, 'UTC')} AND key IS NOT NULL AND key != ''
            AND topic IN (SELECT cause_topic FROM chosen UNION DISTINCT SELECT effect_topic FROM chosen)
        LIMIT 1 BY topic, partition, offset
    )
SELECT
    cause_topic AS topic,
    effect_service AS service,
    effect_topic AS other,
    sum(length(late)) AS found,
    sum(greatest(length(pairs), 1) - 1) AS compared,
    countIf(notEmpty(late)) AS keys,
    minIf(late[1].3, notEmpty(late)) AS first_time,
    maxIf(late[-1].3, notEmpty(late)) AS last_time,
    arraySlice(arrayFlatten(groupArrayIf(200)(arrayMap(one -> (effect_topic, effect_partition, one.2), late), notEmpty(late))), 1, 5) AS examples
FROM
(
    SELECT
        cause_topic, effect_topic, effect_service, effect_partition,
        arraySort(one -> one.1, groupArray(10000)((cause_offset, first_effect, first_time))) AS pairs,
        arrayFilter((one, next) -> one.2 > next.2, arrayPopBack(pairs), arrayPopFront(pairs)) AS late
    FROM
    (
        SELECT
            cause_topic, cause_partition, cause_offset, effect_topic, effect_partition, effect_service, effect_type,
            cause_keys.key_hash AS cause_key, effect_keys.key_hash AS effect_key,
            min(chosen.effect_offset) AS first_effect, min(chosen.effect_time) AS first_time
        FROM chosen
        INNER JOIN keyed AS cause_keys ON cause_keys.topic = chosen.cause_topic
            AND cause_keys.partition = chosen.cause_partition AND cause_keys.offset = chosen.cause_offset
        INNER JOIN keyed AS effect_keys ON effect_keys.topic = chosen.effect_topic
            AND effect_keys.partition = chosen.effect_partition AND effect_keys.offset = chosen.effect_offset
        GROUP BY
            cause_topic, cause_partition, cause_offset, effect_topic, effect_partition, effect_service, effect_type,
            cause_key, effect_key
    )
    GROUP BY
        cause_topic, cause_partition, cause_key, effect_topic, effect_partition, effect_key, effect_service, effect_type
)
GROUP BY topic, service, other
HAVING found > 0
ORDER BY found DESC, topic, service, other
LIMIT {rows_max:UInt32}
