-- One row per failure: one origin event that one consumer group gave up between two moments, however many dead letters
-- that made, with what became of it. `state`: recovered (the group made something of it afterwards), sent again (and
-- not heard of since), failed again (after it was sent again), waiting (nobody did anything).
CREATE VIEW IF NOT EXISTS dead_letter_failures AS
WITH
    letters AS
    (
        SELECT *, if(origin_topic = '', topic, origin_topic) AS about_topic FROM dead_letters
        WHERE failed_time >= {since:DateTime64(3)} AND failed_time < {until:DateTime64(3)}
    ),
    failed AS
    (
        SELECT
            failure_id,
            argMax(reason_id, (failed_time, offset)) AS reason_id,
            any(about_topic) AS failed_topic,
            any(letters.origin_topic) AS origin_topic,
            any(letters.origin_partition) AS origin_partition,
            any(letters.origin_offset) AS origin_offset,
            any(letters.origin_event) AS origin_event,
            any(letters.origin_evidence) AS origin_evidence,
            any(letters.consumer_group) AS consumer_group,
            max(letters.service) AS service,
            max(letters.origin_service) AS origin_service,
            max(letters.type) AS type,
            argMax(letters.exception, (failed_time, offset)) AS exception,
            argMax(letters.template, (failed_time, offset)) AS template,
            argMax(letters.message, (failed_time, offset)) AS message,
            any(letters.key) AS key,
            max(letters.schema_id) AS schema_id,
            max(letters.shape_id) AS shape_id,
            max(letters.attempts) AS attempts,
            max(letters.backfilled) AS backfilled,
            max(letters.redriven) AS redriven,
            argMax(letters.redriven, (failed_time, letters.time, offset)) AS last_is_again,
            min(failed_time) AS first_failed,
            max(failed_time) AS last_failed,
            count() AS dead_letters,
            groupUniqArray(20)(letters.event) AS events,
            argMax(letters.topic, (failed_time, offset)) AS last_topic,
            argMax(letters.partition, (failed_time, offset)) AS last_partition,
            argMax(letters.offset, (failed_time, offset)) AS last_offset
        FROM letters
        GROUP BY failure_id
    ),
    places AS
    (
        SELECT failure_id, origin_topic AS topic, origin_partition AS partition, origin_offset AS offset
        FROM letters WHERE origin_topic != ''
        UNION DISTINCT
        SELECT failure_id, topic, partition, offset FROM letters
    ),
    sent AS
    (
        SELECT
            places.failure_id AS failure_id,
            events.topic AS topic, events.partition AS partition, events.offset AS offset,
            -- As for failed_time: history that was read late keeps its own times.
            if(events.observed_time - events.time > 3600, events.time, events.observed_time) AS sent_time
        FROM copies
        INNER JOIN places ON places.topic = copies.origin_topic AND places.partition = copies.origin_partition
            AND places.offset = copies.origin_offset
        INNER JOIN
        (
            SELECT topic, partition, offset, time, observed_time FROM events
            WHERE (topic, partition, offset) IN (SELECT topic, partition, offset FROM copies WHERE relation = 'redriven')
            LIMIT 1 BY topic, partition, offset
        ) AS events ON events.topic = copies.topic AND events.partition = copies.partition
            AND events.offset = copies.offset
        WHERE copies.relation = 'redriven'
    ),
    again AS
    (
        SELECT failure_id, max(sent_time) AS last_sent, uniqExact(topic, partition, offset) AS sends,
            argMax(concat(topic, '/', toString(partition), '/', toString(offset)), sent_time) AS last_sent_event
        FROM sent
        GROUP BY failure_id
    ),
    worked AS
    (
        SELECT
            effects.failure_id AS failure_id,
            max(edges.effect_time) AS worked_time,
            argMax(concat(edges.effect_topic, '/', toString(edges.effect_partition), '/', toString(edges.effect_offset)),
                edges.effect_time) AS worked_event
        FROM
        (
            SELECT failure_id, topic, partition, offset FROM places
            UNION DISTINCT
            SELECT failure_id, topic, partition, offset FROM sent
        ) AS effects
        INNER JOIN
        (
            SELECT * FROM edges_by_cause
            WHERE relation = 'caused' AND evidence != 'inferred' AND effect_service != ''
                AND (cause_topic, cause_partition, cause_offset) IN
                (SELECT topic, partition, offset FROM places UNION DISTINCT SELECT topic, partition, offset FROM sent)
        ) AS edges ON edges.cause_topic = effects.topic AND edges.cause_partition = effects.partition
            AND edges.cause_offset = effects.offset
        INNER JOIN failed ON failed.failure_id = effects.failure_id
        WHERE edges.effect_service IN (failed.consumer_group, failed.service) AND edges.effect_time > failed.last_failed
        GROUP BY effects.failure_id
    )
SELECT
    failed.failure_id AS failure_id,
    failed.* EXCEPT failure_id,
    again.sends AS sends,
    again.last_sent AS last_sent,
    again.last_sent_event AS last_sent_event,
    worked.worked_event AS worked_event,
    multiIf(
        worked.worked_event != '', 'recovered',
        -- Read in one go they have one time: then the headers of the last dead letter say what came first.
        again.sends > 0 AND (again.last_sent > failed.last_failed
            OR (again.last_sent = failed.last_failed AND NOT failed.last_is_again)), 'sent again',
        again.sends > 0 OR failed.redriven, 'failed again',
        'waiting') AS state
FROM failed
LEFT JOIN again ON again.failure_id = failed.failure_id
LEFT JOIN worked ON worked.failure_id = failed.failure_id
