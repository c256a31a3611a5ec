-- Counts retries of [since, until) by the topic whose records are tried again, by who does it, and by slot.
INSERT INTO incident_facts
SELECT
    'retries' AS kind, topic, service, consumer_group, '' AS label, slot,
    sum(n) AS bad, 0 AS total, min(first_time) AS first_time, max(last_time) AS last_time,
    arraySort(groupUniqArray(read)) AS seen,
    arrayMap(one -> arraySum(arrayMap((other, count) -> if(other = one, count, 0), groupArray(read), groupArray(n))), seen) AS seen_count,
    any(sample) AS sample,
    {version:UInt64} AS version
FROM
(
    SELECT
        extract(origin, '^event:(.+)/[0-9]+/[0-9]+$') AS topic,
        toString(if(failed_group = '', events.service, '')) AS service,
        toString(failed_group) AS consumer_group,
        toStartOfInterval(time, toIntervalSecond(10), 'UTC') AS slot,
        toStartOfInterval(observed_time, toIntervalSecond(10), 'UTC') + 10 AS read,
        count() AS n, min(time) AS first_time, max(time) AS last_time,
        argMin(concat(events.topic, '/', toString(partition), '/', toString(offset)), time) AS sample
    FROM events FINAL
    WHERE time >= {since:DateTime64(3, 'UTC')} AND time < {until:DateTime64(3, 'UTC')}
        AND origin != '' AND NOT dead_letter
        AND events.topic NOT IN (SELECT topic FROM topic_roles FINAL WHERE role = 'dead letter')
        AND NOT startsWith(origin, concat('event:', events.topic, '/'))
        AND extract(origin, '^event:(.+)/[0-9]+/[0-9]+$') NOT IN (SELECT topic FROM topic_roles FINAL WHERE role = 'dead letter')
    GROUP BY topic, service, consumer_group, slot, read
)
WHERE topic != ''
GROUP BY topic, service, consumer_group, slot
