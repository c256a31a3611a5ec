-- Of the ids that an outbox relay sent and that can be put in order (counting numbers, UUID version 7): how many
-- neighbours on a partition stand in that order. Newest rows_max records.
WITH chosen AS
(
    SELECT service, topic, partition, offset, message_id
    FROM events
    WHERE time >= {since:DateTime64(3, 'UTC')} AND time < {until:DateTime64(3, 'UTC')}
        AND service != '' AND origin = '' AND message_id != ''
        AND hasAny(header_names, ['id', 'ID', 'outbox-id', 'outbox_id', 'outboxId', 'x-outbox-id'])
        AND (match(message_id, '^[0-9]{1,18}$')
            OR match(message_id, '^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-7[0-9a-fA-F]{3}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$'))
    ORDER BY time DESC
    LIMIT {rows_max:UInt32}
)
SELECT service, sum(length(pairs) - 1) AS compared, sum(late) AS late
FROM
(
    SELECT
        service,
        arrayMap(pair -> pair.2, arraySort(groupArray((offset, if(match(message_id, '^[0-9]{1,18}$'), leftPad(message_id, 18, '0'), lower(message_id)))))) AS pairs,
        arrayCount((one, next) -> one > next, arrayPopBack(pairs), arrayPopFront(pairs)) AS late
    FROM (SELECT * FROM chosen LIMIT 1 BY topic, partition, offset)
    GROUP BY service, topic, partition
)
GROUP BY service
ORDER BY service
