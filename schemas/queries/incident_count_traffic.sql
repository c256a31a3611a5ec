-- Counts records of [since, until) that are no copies, by topic, producer and slot.
INSERT INTO incident_facts
SELECT
    'traffic' AS kind, topic, service, '' AS consumer_group, '' AS label,
    toStartOfInterval(time, toIntervalSecond(10), 'UTC') AS slot,
    0 AS bad, count() AS total, min(time) AS first_time, max(time) AS last_time,
    [] AS seen, [] AS seen_count, '' AS sample, {version:UInt64} AS version
FROM events FINAL
WHERE time >= {since:DateTime64(3, 'UTC')} AND time < {until:DateTime64(3, 'UTC')} AND origin = '' AND NOT dead_letter
GROUP BY topic, service, slot
