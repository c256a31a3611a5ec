-- Edges from provenance: a copy names the place of its origin. Its claims in this batch against all events, and
-- all claims against the events of this batch.
INSERT INTO edges
    (effect_topic, effect_partition, effect_offset, cause_topic, cause_partition, cause_offset, relation, evidence,
     confidence, name, cause_time, effect_time, cause_service, effect_service, cause_type, effect_type, linked_time)
WITH
    claims AS
    (
        SELECT
            *,
            splitByChar('/', substring(name, 7)) AS place,
            place[1] AS origin_topic,
            toUInt32OrZero(place[2]) AS origin_partition,
            toUInt64OrZero(place[3]) AS origin_offset
        FROM
        (
            SELECT
                claimed AS name, topic, partition, offset, claimed_relation AS relation,
                claimed_evidence AS evidence, time, service, type
            FROM events
            ARRAY JOIN
                reference_names AS claimed,
                reference_relations AS claimed_relation,
                reference_evidences AS claimed_evidence
            WHERE batch = {batch:UInt64} AND origin != ''
            UNION ALL
            SELECT name, topic, partition, offset, relation, evidence, time, service, type
            FROM references
            WHERE name_hash IN
            (
                SELECT reinterpretAsUInt128(sipHash128(
                    concat('event:', topic, '/', toString(partition), '/', toString(offset))))
                FROM events
                WHERE batch = {batch:UInt64}
            )
        )
        WHERE evidence = 'provenance'
        LIMIT 1 BY name, topic, partition, offset
    )
SELECT
    claims.topic AS effect_topic, claims.partition AS effect_partition, claims.offset AS effect_offset,
    origins.topic AS cause_topic, origins.partition AS cause_partition, origins.offset AS cause_offset,
    claims.relation, claims.evidence, 1 AS confidence, claims.name,
    origins.time AS cause_time, claims.time AS effect_time,
    origins.service AS cause_service, claims.service AS effect_service,
    origins.type AS cause_type, claims.type AS effect_type,
    now64(3, 'UTC') AS linked_time
FROM claims
INNER JOIN
(
    SELECT topic, partition, offset, time, service, type
    FROM events
    WHERE (topic, partition, offset) IN (SELECT origin_topic, origin_partition, origin_offset FROM claims)
    LIMIT 1 BY topic, partition, offset
) AS origins
    ON origins.topic = claims.origin_topic
    AND origins.partition = claims.origin_partition
    AND origins.offset = claims.origin_offset
WHERE (claims.topic, claims.partition, claims.offset) != (origins.topic, origins.partition, origins.offset)
