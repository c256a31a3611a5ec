-- Counts events of [since, until) by the version that their producer says it is.
INSERT INTO incident_facts
SELECT
    'versions' AS kind, '' AS topic, service, '' AS consumer_group, service_version AS label,
    toStartOfInterval(time, toIntervalSecond(10), 'UTC') AS slot,
    0 AS bad, count() AS total, min(time) AS first_time, max(time) AS last_time,
    [] AS seen, [] AS seen_count,
    argMin(concat(topic, '/', toString(partition), '/', toString(offset)), time) AS sample,
    {version:UInt64} AS version
FROM events FINAL
WHERE time >= {since:DateTime64(3, 'UTC')} AND time < {until:DateTime64(3, 'UTC')}
    AND service != '' AND service_version != '' AND origin = ''
GROUP BY service, label, slot
