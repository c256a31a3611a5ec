-- Edges from provenance: a copy names the place of its origin. The copies in these batches against all events, and
-- all copies against their events. A copy that was written before its origin's topic was made anew means a record of
-- the one before, which had the same name.
INSERT INTO edges
    (effect_topic, effect_partition, effect_offset, cause_topic, cause_partition, cause_offset, relation, evidence,
     confidence, name, cause_time, effect_time, cause_service, effect_service, cause_type, effect_type, linked_time)
WITH
    claims AS
    (
        -- As copies_mv reads them. In copies they lie by their origins: to find them there means to read them all.
        WITH splitByChar('/', substring(origin, length('event:') + 1)) AS place
        SELECT
            place[1] AS origin_topic, toUInt32OrZero(place[2]) AS origin_partition,
            toUInt64OrZero(place[3]) AS origin_offset, topic, partition, offset,
            reference_relations[indexOf(reference_evidences, 'provenance')] AS relation,
            origin AS name, time, service, type
        FROM batch_events
        WHERE batch IN {batches:Array(UInt64)} AND origin != ''
        UNION DISTINCT
        SELECT
            origin_topic, origin_partition, origin_offset, topic, partition, offset, relation, name, time, service,
            type
        FROM copies
        WHERE (origin_topic, origin_partition, origin_offset) IN
        (
            SELECT topic, partition, offset
            FROM batch_events
            WHERE batch IN {batches:Array(UInt64)}
              -- Most topics have no copies: to ask for each of their records would cost as much as linking by name.
              AND topic IN (SELECT DISTINCT origin_topic FROM copies)
        )
    )
SELECT
    claims.topic AS effect_topic, claims.partition AS effect_partition, claims.offset AS effect_offset,
    origins.topic AS cause_topic, origins.partition AS cause_partition, origins.offset AS cause_offset,
    claims.relation, 'provenance' AS evidence, 1 AS confidence, claims.name,
    origins.time AS cause_time, claims.time AS effect_time,
    origins.service AS cause_service, claims.service AS effect_service,
    origins.type AS cause_type, claims.type AS effect_type,
    now64(3, 'UTC') AS linked_time
FROM claims
LEFT JOIN
    (SELECT topic, max(first_time) AS made FROM topics FINAL WHERE former != '' GROUP BY topic) AS anew
    ON anew.topic = claims.origin_topic
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
  AND (anew.topic = '' OR claims.time >= anew.made)
