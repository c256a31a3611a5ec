-- Edges from contexts that name their parent, where that parent is the span that sent another event: whoever sent this
-- one went on from there. Both ways round for these batches. A span belongs to one service: where both services are
-- known and differ, the event was read; where they are the same, one span sent the one and its child the other, which
-- says nothing; where one is not known, both may be. What is linked by better evidence stays.
INSERT INTO edges
    (effect_topic, effect_partition, effect_offset, cause_topic, cause_partition, cause_offset, relation, evidence,
     confidence, name, cause_time, effect_time, cause_service, effect_service, cause_type, effect_type, linked_time)
WITH
    claims AS
    (
        SELECT name_hash, name, topic, partition, offset, time, service, type
        FROM span_parents
        WHERE name_hash IN
            (SELECT reinterpretAsUInt128(sipHash128(arrayJoin(names))) FROM batch_events
             WHERE batch IN {batches:Array(UInt64)})
        UNION DISTINCT
        SELECT reinterpretAsUInt128(sipHash128(concat('span:', trace_id, '-', parent_span_id))) AS name_hash,
            concat('span:', trace_id, '-', parent_span_id) AS name, topic, partition, offset, time, service, type
        FROM events
        WHERE (topic, partition, offset) IN
            (SELECT topic, partition, offset FROM batch_events WHERE batch IN {batches:Array(UInt64)})
          AND parent_span_id != '' AND parent_span_id != span_id AND origin = '' AND empty(reference_names)
    ),
    answers AS
    (
        SELECT name_hash, groupUniqArray(9)((topic, partition, offset, time, service, type)) AS candidates
        FROM identities
        WHERE origin = '' AND name_hash IN (SELECT name_hash FROM claims)
        GROUP BY name_hash
        HAVING length(candidates) <= 8
    ),
    explained AS
    (
        SELECT effect_topic, effect_partition, effect_offset
        FROM edges FINAL
        WHERE confidence > 0 AND evidence NOT IN ('context', 'inferred')
          AND (effect_topic, effect_partition, effect_offset) IN (SELECT topic, partition, offset FROM claims)
    )
SELECT
    effect_topic, effect_partition, effect_offset,
    cause.1 AS cause_topic, cause.2 AS cause_partition, cause.3 AS cause_offset,
    'caused' AS relation, 'context' AS evidence, confidence, name,
    cause.4 AS cause_time, effect_time, cause.5 AS cause_service, effect_service, cause.6 AS cause_type, effect_type,
    now64(3, 'UTC') AS linked_time
FROM
(
    SELECT
        claims.topic AS effect_topic, claims.partition AS effect_partition, claims.offset AS effect_offset,
        claims.name AS name, claims.time AS effect_time, claims.service AS effect_service,
        claims.type AS effect_type,
        arrayFilter(
            candidate -> (candidate.1, candidate.2, candidate.3) != (claims.topic, claims.partition, claims.offset)
                AND (candidate.5 = '' OR candidate.5 != claims.service)
                AND NOT (candidate.1 = claims.topic AND candidate.2 = claims.partition
                    AND candidate.3 > claims.offset),
            answers.candidates
        ) AS causes,
        arrayCount(candidate -> candidate.5 = '', causes) > 0 OR claims.service = '' AS unknown,
        if(unknown, 0.5, 1) / length(arrayDistinct(arrayMap(candidate -> (candidate.1, candidate.2, candidate.3), causes)))
            AS confidence
    FROM claims
    INNER JOIN answers ON claims.name_hash = answers.name_hash
    WHERE (claims.topic, claims.partition, claims.offset) NOT IN (SELECT * FROM explained)
)
ARRAY JOIN causes AS cause
SETTINGS max_threads = 1, optimize_on_insert = 0
