-- Counts dead letters of [since, until) by what failed and by slot. Connect and Streams keep the time of the origin: live,
-- the moment of reading says better when it failed. Rows that are counted no more (an origin that is known better now)
-- become zero.
INSERT INTO incident_facts
SELECT
    'dead_letters' AS kind, topic, service, consumer_group, '' AS label, slot,
    sum(n) AS bad, 0 AS total, min(first_time) AS first_time, max(last_time) AS last_time,
    arraySort(groupUniqArrayIf(read, n > 0)) AS seen,
    arrayMap(one -> arraySum(arrayMap((other, count) -> if(other = one, count, 0), groupArrayIf(read, n > 0), groupArrayIf(n, n > 0))), seen) AS seen_count,
    anyIf(sample, n > 0) AS sample,
    {version:UInt64} AS version
FROM
(
    SELECT
        toString(if(origin_topic = '', topic, origin_topic)) AS topic,
        toString(if(consumer_group = '', service, '')) AS service,
        toString(consumer_group) AS consumer_group,
        toStartOfInterval(happened, toIntervalSecond(10), 'UTC') AS slot,
        toStartOfInterval(observed_time, toIntervalSecond(10), 'UTC') + 10 AS read,
        count() AS n, min(happened) AS first_time, max(happened) AS last_time, argMin(event, happened) AS sample
    FROM
    (
        SELECT *,
            if(convention IN ('kafka-connect', 'kafka-streams') AND observed_time < time + toIntervalHour(6), observed_time, time) AS happened
        FROM dead_letters
    )
    WHERE happened >= {since:DateTime64(3, 'UTC')} AND happened < {until:DateTime64(3, 'UTC')}
    GROUP BY topic, service, consumer_group, slot, read
    UNION ALL
    SELECT topic, service, consumer_group, slot, slot AS read, 0 AS n, first_time, last_time, '' AS sample
    FROM incident_facts FINAL
    WHERE kind = 'dead_letters' AND slot >= {since:DateTime64(3, 'UTC')} AND slot < {until:DateTime64(3, 'UTC')} AND bad > 0
)
GROUP BY topic, service, consumer_group, slot
