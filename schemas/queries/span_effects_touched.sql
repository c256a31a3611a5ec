-- Which spans speak of events that came with these batches, as what was sent under them or as what was handled.
SELECT DISTINCT effect_name
FROM
(
    SELECT effect_name
    FROM span_causes
    WHERE effect_hash IN
    (
        SELECT reinterpretAsUInt128(sipHash128(arrayJoin(names)))
        FROM batch_events
        WHERE batch IN {batches:Array(UInt64)}
    )
    UNION ALL
    SELECT effect_name
    FROM span_effects
    WHERE cause_hash IN
    (
        SELECT reinterpretAsUInt128(sipHash128(arrayJoin(arrayConcat(
            names, [concat('event:', topic, '/', toString(partition), '/', toString(offset))]))))
        FROM batch_events
        WHERE batch IN {batches:Array(UInt64)}
    )
)
SETTINGS max_threads = 1
