-- Edges in which one side came with this batch: its claims against all identities, and all claims against its
-- identities. Each pair is met when its later half is written, so arrival order does not matter, nor does a repeat.
-- A name to which several events answer gives each the same share of confidence; one to which many do is a
-- constant and says nothing. A copy's references count only where they lead to its origin or another copy of it.
INSERT INTO edges
    (effect_topic, effect_partition, effect_offset, cause_topic, cause_partition, cause_offset, relation, evidence,
     confidence, name, cause_time, effect_time, cause_service, effect_service, cause_type, effect_type, linked_time)
WITH
    claims AS
    (
        SELECT * FROM
        (
            SELECT
                reinterpretAsUInt128(sipHash128(claimed)) AS name_hash, claimed AS name, topic, partition, offset,
                claimed_relation AS relation, claimed_evidence AS evidence, origin, time, service, type
            FROM events
            ARRAY JOIN
                reference_names AS claimed,
                reference_relations AS claimed_relation,
                reference_evidences AS claimed_evidence
            WHERE batch = {batch:UInt64}
            UNION ALL
            SELECT name_hash, name, topic, partition, offset, relation, evidence, origin, time, service, type
            FROM references
            WHERE name_hash IN
            (
                SELECT reinterpretAsUInt128(sipHash128(arrayJoin(names))) FROM events WHERE batch = {batch:UInt64}
            )
        )
        WHERE evidence != 'provenance'
        LIMIT 1 BY name_hash, topic, partition, offset, evidence
    ),
    answers AS
    (
        SELECT name_hash, topic, partition, offset, origin, time, service, type
        FROM identities
        WHERE name_hash IN
        (
            SELECT reinterpretAsUInt128(sipHash128(arrayJoin(arrayConcat(names, reference_names))))
            FROM events
            WHERE batch = {batch:UInt64}
        )
        LIMIT 1 BY name_hash, topic, partition, offset
    )
SELECT
    effect_topic, effect_partition, effect_offset, cause_topic, cause_partition, cause_offset, relation, evidence,
    1 / answering AS confidence,
    name, cause_time, effect_time, cause_service, effect_service, cause_type, effect_type,
    now64(3, 'UTC') AS linked_time
FROM
(
    SELECT
        claims.topic AS effect_topic, claims.partition AS effect_partition, claims.offset AS effect_offset,
        answers.topic AS cause_topic, answers.partition AS cause_partition, answers.offset AS cause_offset,
        claims.relation AS relation, claims.evidence AS evidence, claims.name AS name,
        answers.time AS cause_time, claims.time AS effect_time,
        answers.service AS cause_service, claims.service AS effect_service,
        answers.type AS cause_type, claims.type AS effect_type,
        count() OVER (PARTITION BY name_hash, effect_topic, effect_partition, effect_offset) AS answering
    FROM claims
    INNER JOIN answers ON claims.name_hash = answers.name_hash
    WHERE (claims.origin = '' OR answers.origin = claims.origin)
      AND (claims.topic, claims.partition, claims.offset) != (answers.topic, answers.partition, answers.offset)
)
WHERE answering <= {answers_max:UInt32}
