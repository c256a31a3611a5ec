-- Counts records of [since, until) that say the same as an earlier one under the same id, by topic, producer and slot.
-- Rows that are counted no more (a link that was taken back) become zero.
INSERT INTO incident_facts
SELECT
    'duplicates' AS kind, topic, service, '' AS consumer_group, '' AS label, slot,
    sum(n) AS bad, 0 AS total, min(first_time) AS first_time, max(last_time) AS last_time,
    arraySort(groupUniqArrayIf(read, n > 0)) AS seen,
    arrayMap(one -> arraySum(arrayMap((other, count) -> if(other = one, count, 0), groupArrayIf(read, n > 0), groupArrayIf(n, n > 0))), seen) AS seen_count,
    anyIf(sample, n > 0) AS sample,
    {version:UInt64} AS version
FROM
(
    SELECT
        toString(effect_topic) AS topic, toString(effect_service) AS service,
        toStartOfInterval(effect_time, toIntervalSecond(10), 'UTC') AS slot,
        toStartOfInterval(linked_time, toIntervalSecond(10), 'UTC') + 10 AS read,
        uniqExact(effect_partition, effect_offset) AS n, min(effect_time) AS first_time, max(effect_time) AS last_time,
        argMin(concat(effect_topic, '/', toString(effect_partition), '/', toString(effect_offset)), effect_time) AS sample
    FROM edges FINAL
    WHERE effect_time >= {since:DateTime64(3, 'UTC')} AND effect_time < {until:DateTime64(3, 'UTC')}
        AND relation = 'duplicated' AND confidence > 0
    GROUP BY topic, service, slot, read
    UNION ALL
    SELECT topic, service, slot, slot AS read, 0 AS n, first_time, last_time, '' AS sample
    FROM incident_facts FINAL
    WHERE kind = 'duplicates' AND slot >= {since:DateTime64(3, 'UTC')} AND slot < {until:DateTime64(3, 'UTC')} AND bad > 0
)
GROUP BY topic, service, slot
