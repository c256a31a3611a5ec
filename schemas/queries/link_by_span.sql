-- Edges to the events that were sent under these spans. Asked for when a span's causes have just been found, and when
-- an event came that is its effect or its cause: so each pair is met when its last part comes, in any order.
-- An effect is the event that carries the span's context, where the span says so on the topic and at the place that it
-- sent to. Where several answer, and more than were sent, each gets a share. Of a span that names no topic, events of
-- its own service count before others: contexts are handed on. A cause is the event at the place that was read, or the
-- one that carries the context that was read. What was handled together shares the confidence as well, and so do
-- several pieces of work that claim to have made one record.
-- A pair that is linked by a better evidence keeps it; an edge that no longer holds is taken back (superseded).
INSERT INTO edges
    (effect_topic, effect_partition, effect_offset, cause_topic, cause_partition, cause_offset, relation, evidence,
     confidence, name, cause_time, effect_time, cause_service, effect_service, cause_type, effect_type, linked_time)
WITH
    claims AS
    (
        SELECT *
        FROM span_causes
        WHERE effect_hash IN (SELECT reinterpretAsUInt128(sipHash128(arrayJoin({effect_names:Array(String)}))))
          -- A place on a topic that was made anew since is one on the topic before it.
          AND NOT (cause_offset >= 0 AND arrayExists(
              one -> one.1 = cause_topic AND handled_time < one.2,
              (SELECT groupArray((topic, first_time)) FROM topics FINAL WHERE former != '')))
        LIMIT 1 BY effect_hash, effect_topic, cause_hash, consumer_name
    ),
    -- Events that carry the context because they are copies of one that does: shared names tell, see there.
    copied AS
    (
        SELECT effect_topic, effect_partition, effect_offset
        FROM edges FINAL
        WHERE relation != 'caused' AND evidence IN ('header', 'context') AND edges.confidence >= 1
          AND (effect_topic, effect_partition, effect_offset) IN
        (
            SELECT topic, partition, offset
            FROM identities
            WHERE name_hash IN (SELECT reinterpretAsUInt128(sipHash128(arrayJoin({effect_names:Array(String)}))))
        )
    ),
    carriers AS
    (
        SELECT name_hash, groupUniqArray(1001)((topic, partition, offset, time, service, type)) AS events
        FROM identities
        WHERE origin = ''
          AND name_hash IN (SELECT reinterpretAsUInt128(sipHash128(arrayJoin({effect_names:Array(String)}))))
          AND (topic, partition, offset) NOT IN (SELECT * FROM copied)
        GROUP BY name_hash
    ),
    answers AS
    (
        SELECT name_hash, groupUniqArray(100)((topic, partition, offset, time, service, type)) AS events,
            groupUniqArrayArray(contexts) AS contexts
        FROM
        (
            SELECT name_hash, topic, partition, offset, time, service, type, [''] AS contexts
            FROM identities
            WHERE name_hash IN (SELECT cause_hash FROM claims WHERE cause_offset < 0)
            UNION ALL
            SELECT
                reinterpretAsUInt128(sipHash128(
                    concat('event:', topic, '/', toString(partition), '/', toString(offset)))) AS name_hash,
                topic, partition, offset, time, service, type,
                arrayConcat(arrayFilter(name -> startsWith(name, 'span:'), names),
                    arrayFilter(name -> startsWith(name, 'span:'), reference_names)) AS contexts
            FROM events
            WHERE (topic, partition, offset) IN
                (SELECT cause_topic, toUInt32(cause_partition), toUInt64(cause_offset) FROM claims
                 WHERE cause_offset >= 0)
            LIMIT 1 BY topic, partition, offset
        )
        GROUP BY name_hash
    ),
    -- One row per claim and event that may be its effect. Steps in subqueries: each alias is worked out once.
    effects AS
    (
        SELECT
            effect_name, consumer_name, choices, cause_context, cause_topic, cause_partition, cause_offset, cause_hash,
            arrayJoin(fitting) AS effect,
            multiIf(
                carriers_count > 1000 OR (by_service AND effect.5 != service), 0,
                by_service, 1,
                least(1, greatest(products, 1) / length(fitting))) AS effect_share
        FROM
        (
            SELECT
                *,
                products = 0 AND service != '' AND arrayExists(event -> event.5 = service, fitting) AS by_service
            FROM
            (
                SELECT
                    claims.effect_name AS effect_name, claims.consumer_name AS consumer_name,
                    claims.effect_service AS service, claims.products AS products, claims.choices AS choices,
                    claims.cause_context AS cause_context, claims.cause_topic AS cause_topic,
                    claims.cause_partition AS cause_partition, claims.cause_offset AS cause_offset,
                    claims.cause_hash AS cause_hash, length(carriers.events) AS carriers_count,
                    arrayFilter(
                        event -> claims.effect_topic IN ('', event.1)
                            AND (claims.effect_offset < 0
                                OR (event.2 = claims.effect_partition AND event.3 = claims.effect_offset)),
                        carriers.events) AS fitting
                FROM claims
                INNER JOIN carriers ON claims.effect_hash = carriers.name_hash
            )
        )
    ),
    pairs AS
    (
        SELECT effect_name, consumer_name, effect, effect_share, choices, arrayJoin(causes) AS cause,
            length(causes) AS causes_count
        FROM
        (
            SELECT
                effects.effect_name AS effect_name, effects.consumer_name AS consumer_name,
                effects.effect AS effect, effects.effect_share AS effect_share, effects.choices AS choices,
                -- At a place there is one event; it must carry the context that was read, where both are known.
                arrayFilter(
                    event -> (event.1, event.2, event.3) != (effects.effect.1, effects.effect.2, effects.effect.3)
                        AND if(effects.cause_offset >= 0,
                            effects.cause_context = '' OR empty(answers.contexts)
                                OR has(answers.contexts, effects.cause_context),
                            effects.cause_topic IN ('', event.1)
                                AND (effects.cause_partition < 0 OR event.2 = effects.cause_partition)),
                    answers.events) AS causes
            FROM effects
            INNER JOIN answers ON effects.cause_hash = answers.name_hash
        )
    ),
    found AS
    (
        SELECT
            effect.1 AS effect_topic, effect.2 AS effect_partition, effect.3 AS effect_offset,
            cause.1 AS cause_topic, cause.2 AS cause_partition, cause.3 AS cause_offset,
            cause.4 AS cause_time, effect.4 AS effect_time, cause.5 AS cause_service, effect.5 AS effect_service,
            cause.6 AS cause_type, effect.6 AS effect_type, name, confidence
        FROM
        (
            SELECT effect, cause, any(effect_name) AS name, max(share / greatest(makers, 1)) AS confidence
            FROM
            (
                SELECT effect, cause, effect_name,
                    if(causes_count > 8, 0, effect_share / choices / causes_count) AS share,
                    uniqExactIf(consumer_name, effect_share > 0) OVER (PARTITION BY effect) AS makers
                FROM pairs
            )
            GROUP BY effect, cause
        )
        -- A record that stands before another in one partition was there before it, whatever clocks say.
        WHERE NOT (effect.1 = cause.1 AND effect.2 = cause.2 AND effect.3 < cause.3)
    ),
    known AS
    (
        SELECT effect_topic, effect_partition, effect_offset, cause_topic, cause_partition, cause_offset,
            edges.evidence AS known_evidence, edges.confidence AS known_confidence
        FROM edges FINAL
        WHERE relation = 'caused' AND (effect_topic, effect_partition, effect_offset) IN
        (
            SELECT topic, partition, offset
            FROM identities
            WHERE name_hash IN (SELECT reinterpretAsUInt128(sipHash128(arrayJoin({effect_names:Array(String)}))))
        )
    )
SELECT
    effect_topic, effect_partition, effect_offset, cause_topic, cause_partition, cause_offset, 'caused' AS relation,
    if(found.confidence > 0, 'span', 'superseded') AS evidence, found.confidence AS confidence, name,
    cause_time, effect_time, cause_service, effect_service, cause_type, effect_type, now64(3, 'UTC') AS linked_time
FROM found
LEFT JOIN known
    USING (effect_topic, effect_partition, effect_offset, cause_topic, cause_partition, cause_offset)
WHERE if(found.confidence > 0,
    known_evidence IN ('', 'span', 'inferred', 'superseded') OR known_confidence < toFloat32(found.confidence),
    known_evidence = 'span')
SETTINGS max_threads = 1, optimize_on_insert = 0
