-- Edges in which one side came with these batches: its claims against all identities, and all claims against its
-- identities. Each pair is met when its later half is written, so arrival order does not matter, nor does a repeat.
-- A name to which several events answer gives each the same share of confidence; one to which more than eight do
-- is a constant and says nothing. A copy's references count only where they lead to its origin or to another copy
-- of it: the other headers on it were the origin's.
INSERT INTO edges
    (effect_topic, effect_partition, effect_offset, cause_topic, cause_partition, cause_offset, relation, evidence,
     confidence, name, cause_time, effect_time, cause_service, effect_service, cause_type, effect_type, linked_time)
WITH
    claims AS
    (
        SELECT
            reinterpretAsUInt128(sipHash128(claimed)) AS name_hash, claimed AS name, topic, partition, offset,
            claimed_relation AS relation, claimed_evidence AS evidence, origin, time, service, type
        FROM batch_events
        ARRAY JOIN
            reference_names AS claimed,
            reference_relations AS claimed_relation,
            reference_evidences AS claimed_evidence
        WHERE batch IN {batches:Array(UInt64)} AND evidence != 'provenance'
          AND name_hash NOT IN (SELECT name_hash FROM constants)
        UNION ALL
        SELECT name_hash, name, topic, partition, offset, relation, evidence, origin, time, service, type
        FROM references
        WHERE batch NOT IN {batches:Array(UInt64)} AND name_hash IN
        (
            SELECT reinterpretAsUInt128(sipHash128(arrayJoin(names)))
            FROM batch_events
            WHERE batch IN {batches:Array(UInt64)}
        )
          AND name_hash NOT IN (SELECT name_hash FROM constants)
    ),
    answers AS
    (
        SELECT
            name_hash,
            groupUniqArray(9)((topic, partition, offset, origin, time, service, type)) AS candidates
        FROM identities
        -- Names that are claimed, and no others: most names of the batches are claimed by nobody, and to gather who
        -- answers to a name costs more than to ask twice for who claims it.
        WHERE name_hash IN
        (
            SELECT reinterpretAsUInt128(sipHash128(arrayJoin(reference_names)))
            FROM batch_events
            WHERE batch IN {batches:Array(UInt64)}
            UNION ALL
            SELECT name_hash
            FROM references
            WHERE batch NOT IN {batches:Array(UInt64)} AND name_hash IN
            (
                SELECT reinterpretAsUInt128(sipHash128(arrayJoin(names)))
                FROM batch_events
                WHERE batch IN {batches:Array(UInt64)}
            )
              AND name_hash NOT IN (SELECT name_hash FROM constants)
        )
        GROUP BY name_hash
        HAVING length(candidates) <= 8
    )
SELECT
    effect_topic, effect_partition, effect_offset,
    cause.1 AS cause_topic, cause.2 AS cause_partition, cause.3 AS cause_offset,
    relation, evidence, confidence, name,
    cause.5 AS cause_time, effect_time, cause.6 AS cause_service, effect_service, cause.7 AS cause_type, effect_type,
    now64(3, 'UTC') AS linked_time
FROM
(
    SELECT
        claims.topic AS effect_topic, claims.partition AS effect_partition, claims.offset AS effect_offset,
        claims.relation AS relation, claims.evidence AS evidence, claims.name AS name,
        claims.time AS effect_time, claims.service AS effect_service, claims.type AS effect_type,
        arrayFilter(
            candidate -> (claims.origin = '' OR claims.origin = if(candidate.4 != '', candidate.4,
                    concat('event:', candidate.1, '/', toString(candidate.2), '/', toString(candidate.3))))
                AND (candidate.1, candidate.2, candidate.3) != (claims.topic, claims.partition, claims.offset),
            answers.candidates
        ) AS causes,
        -- One event may stand among the candidates twice after a replay; it is one answer all the same.
        1 / length(arrayDistinct(arrayMap(candidate -> (candidate.1, candidate.2, candidate.3), causes))) AS confidence
    FROM claims
    INNER JOIN answers ON claims.name_hash = answers.name_hash
)
ARRAY JOIN causes AS cause
-- A lookup by random hash reads the same granules with one thread as with several, for less.
-- Rows that are linked twice are told apart when they are read.
SETTINGS max_threads = 1, optimize_on_insert = 0
