CREATE MATERIALIZED VIEW IF NOT EXISTS topic_hours_mv TO topic_hours AS
SELECT
    topic,
    toStartOfHour(time) AS hour,
    service,
    groupBitmapState(place) AS events,
    groupBitmapStateIf(place, dead_letter) AS dead_letters,
    groupBitmapStateIf(place, origin != '') AS copies,
    groupBitmapStateIf(place, schema_id != '') AS schema_ids,
    groupBitmapStateIf(place, message_id != '') AS message_ids,
    groupBitmapStateIf(place, hasAny(header_names, ['id', 'ID', 'outbox-id', 'outbox_id', 'outboxId', 'x-outbox-id']))
        AS outbox_ids,
    groupBitmapStateIf(place, notEmpty(reference_names) OR origin != '') AS claims
FROM
(
    SELECT *, bitOr(bitShiftLeft(toUInt64(partition), 44), offset) AS place
    FROM events
)
GROUP BY topic, hour, service
