-- Counts effects of [since, until) that stand behind the effect of a later cause with the same key, by the topic of the
-- causes, by who writes the effects, and by slot: see anomaly_order. Neighbours are looked for `back_s` seconds back.
-- Rows that are counted no more become zero.
INSERT INTO incident_facts
WITH
    chosen AS
    (
        SELECT
            toString(cause_topic) AS cause_topic, cause_partition, cause_offset,
            toString(effect_topic) AS effect_topic, effect_partition, effect_offset,
            toString(effect_service) AS effect_service, toString(effect_type) AS effect_type, effect_time, linked_time
        FROM edges FINAL
        WHERE relation = 'caused' AND evidence != 'inferred' AND confidence >= 1
            AND effect_time >= {since:DateTime64(3, 'UTC')} - toIntervalSecond({back_s:UInt32})
            AND effect_time < {until:DateTime64(3, 'UTC')}
    ),
    keyed AS
    (
        SELECT toString(topic) AS topic, partition, offset, cityHash64(assumeNotNull(key)) AS key_hash
        FROM events
        WHERE time >= {since:DateTime64(3, 'UTC')} - toIntervalSecond(2 * {back_s:UInt32})
            AND time < {until:DateTime64(3, 'UTC')} AND key IS NOT NULL AND key != ''
            AND topic IN (SELECT cause_topic FROM chosen UNION DISTINCT SELECT effect_topic FROM chosen)
        LIMIT 1 BY topic, partition, offset
    )
SELECT
    'order' AS kind, topic, service, '' AS consumer_group, '' AS label, slot,
    sum(n) * {one_in:UInt32} AS bad, 0 AS total,
    minIf(first_late, n > 0) AS first_time, maxIf(last_late, n > 0) AS last_time,
    arraySort(groupUniqArrayIf(read, n > 0)) AS seen,
    arrayMap(one -> arraySum(arrayMap((other, count) -> if(other = one, count, 0), groupArrayIf(read, n > 0), groupArrayIf(n, n > 0))) * {one_in:UInt32}, seen) AS seen_count,
    anyIf(sample, n > 0) AS sample,
    {version:UInt64} AS version
FROM
(
    SELECT
        cause_topic AS topic, effect_service AS service,
        toStartOfInterval(late.3, toIntervalSecond(10), 'UTC') AS slot,
        toStartOfInterval(late.4, toIntervalSecond(10), 'UTC') + 10 AS read,
        count() AS n, min(late.3) AS first_late, max(late.3) AS last_late,
        argMin(concat(effect_topic, '/', toString(effect_partition), '/', toString(late.2)), late.3) AS sample
    FROM
    (
        SELECT
            cause_topic, effect_topic, effect_service, effect_partition,
            arraySort(one -> one.1, groupArray(10000)((cause_offset, first_effect, first_time, first_linked))) AS pairs,
            arrayFilter((one, next) -> one.2 > next.2, arrayPopBack(pairs), arrayPopFront(pairs)) AS all_late
        FROM
        (
            SELECT
                cause_topic, cause_partition, cause_offset, effect_topic, effect_partition, effect_service, effect_type,
                cause_keys.key_hash AS cause_key, effect_keys.key_hash AS effect_key,
                min(chosen.effect_offset) AS first_effect, min(chosen.effect_time) AS first_time,
                min(chosen.linked_time) AS first_linked
            FROM chosen
            INNER JOIN keyed AS cause_keys ON cause_keys.topic = chosen.cause_topic
                AND cause_keys.partition = chosen.cause_partition AND cause_keys.offset = chosen.cause_offset
            INNER JOIN keyed AS effect_keys ON effect_keys.topic = chosen.effect_topic
                AND effect_keys.partition = chosen.effect_partition AND effect_keys.offset = chosen.effect_offset
            WHERE cause_keys.key_hash % {one_in:UInt32} = 0
            GROUP BY
                cause_topic, cause_partition, cause_offset, effect_topic, effect_partition, effect_service, effect_type,
                cause_key, effect_key
        )
        GROUP BY
            cause_topic, cause_partition, cause_key, effect_topic, effect_partition, effect_key, effect_service, effect_type
    )
    ARRAY JOIN all_late AS late
    WHERE late.3 >= {since:DateTime64(3, 'UTC')}
    GROUP BY topic, service, slot, read
    UNION ALL
    SELECT topic, service, slot, slot AS read, 0 AS n, first_time AS first_late, last_time AS last_late, '' AS sample
    FROM incident_facts FINAL
    WHERE kind = 'order' AND bad > 0
        AND slot >= {since:DateTime64(3, 'UTC')} AND slot < {until:DateTime64(3, 'UTC')}
)
GROUP BY topic, service, slot
