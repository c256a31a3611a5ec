-- What each service puts on its records, [since, until). Counted by hours; a record that was read twice counts once.
SELECT
    service,
    sum(events) AS events,
    sum(copies) AS copies,
    sum(schema_ids) AS schema_ids,
    sum(message_ids) AS message_ids,
    sum(outbox_ids) AS outbox_ids,
    sum(claims) AS claims,
    uniqExact(topic) AS topics
FROM
(
    SELECT
        service,
        topic,
        hour,
        groupBitmapMerge(events) AS events,
        groupBitmapMerge(copies) AS copies,
        groupBitmapMerge(schema_ids) AS schema_ids,
        groupBitmapMerge(message_ids) AS message_ids,
        groupBitmapMerge(outbox_ids) AS outbox_ids,
        groupBitmapMerge(claims) AS claims
    FROM topic_hours
    WHERE hour >= {since:DateTime64(3, 'UTC')} AND hour < {until:DateTime64(3, 'UTC')} AND service != ''
    GROUP BY service, topic, hour
)
GROUP BY service
ORDER BY service
