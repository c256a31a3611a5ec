-- Edges from spans, in which one side is new: events that came with these batches, or spans whose causes have just
-- been found (`effect_names`). Each pair is met when its last part comes, so arrival order does not matter.
-- An effect is the event that carries the span's context, where the span says so on the topic and at the place that it
-- sent to. Where several answer, and more than were sent, each gets a share. Of a span that names no topic, events of
-- its own service count before others: contexts are handed on. A cause is the event at the place that was read, or the
-- one that carries the context that was read. What was handled together shares the confidence as well.
-- A pair that is linked by a better evidence keeps it; an edge that no longer holds is taken back (superseded).
INSERT INTO edges
    (effect_topic, effect_partition, effect_offset, cause_topic, cause_partition, cause_offset, relation, evidence,
     confidence, name, cause_time, effect_time, cause_service, effect_service, cause_type, effect_type, linked_time)
WITH
    came AS
    (
        SELECT reinterpretAsUInt128(sipHash128(arrayJoin(arrayConcat(
            arrayFilter(name -> startsWith(name, 'span:'), names),
            [concat('event:', topic, '/', toString(partition), '/', toString(offset))])))) AS name_hash
        FROM batch_events
        WHERE batch IN {batches:Array(UInt64)}
    ),
    claims AS
    (
        SELECT *
        FROM span_causes
        WHERE effect_hash IN
        (
            SELECT effect_hash FROM span_causes WHERE effect_hash IN (SELECT name_hash FROM came)
            UNION DISTINCT
            SELECT effect_hash FROM span_effects WHERE cause_hash IN (SELECT name_hash FROM came)
            UNION DISTINCT
            SELECT reinterpretAsUInt128(sipHash128(arrayJoin({effect_names:Array(String)})))
        )
        LIMIT 1 BY effect_hash, effect_topic, cause_hash, consumer_name
    ),
    carriers AS
    (
        SELECT name_hash, groupUniqArray(1001)((topic, partition, offset, origin, time, service, type)) AS events
        FROM identities
        WHERE name_hash IN
            (SELECT effect_hash FROM claims UNION DISTINCT SELECT cause_hash FROM claims WHERE cause_offset < 0)
        GROUP BY name_hash
    ),
    places AS
    (
        SELECT topic, partition, offset, time, service, type, names, reference_names
        FROM events
        WHERE (topic, partition, offset) IN
            (SELECT cause_topic, toUInt32(cause_partition), toUInt64(cause_offset) FROM claims WHERE cause_offset >= 0)
        LIMIT 1 BY topic, partition, offset
    ),
    -- One row per claim and event that may be its effect, with the share of confidence that the event has.
    effects AS
    (
        SELECT
            claims.effect_hash AS effect_hash, claims.cause_hash AS cause_hash, claims.consumer_name AS consumer_name,
            arrayFilter(
                event -> event.4 = '' AND claims.effect_topic IN ('', event.1)
                    AND (claims.effect_offset < 0
                        OR (event.2 = claims.effect_partition AND event.3 = claims.effect_offset)),
                carriers.events) AS fitting,
            arrayFilter(event -> event.6 != '' AND event.6 = claims.effect_service, fitting) AS own,
            if(claims.products = 0 AND notEmpty(own), own, fitting) AS found,
            multiIf(
                length(carriers.events) > 1000, 0,
                claims.products = 0 AND notEmpty(own), 1,
                least(1, greatest(claims.products, 1) / length(found))) AS effect_share,
            arrayJoin(fitting) AS effect,
            if(has(found, effect), effect_share, 0) AS share,
            claims.cause_name AS cause_name, claims.cause_context AS cause_context,
            claims.cause_topic AS cause_topic, claims.cause_partition AS cause_partition,
            claims.cause_offset AS cause_offset, claims.choices AS choices,
            claims.effect_name AS effect_name
        FROM claims
        INNER JOIN carriers ON claims.effect_hash = carriers.name_hash
    ),
    -- The same with each event that may be the cause.
    pairs AS
    (
        SELECT effect, effect_name, cause_name, consumer_name, share / choices AS share, 1 AS answers,
            (places.topic, places.partition, places.offset, '', places.time, places.service, places.type) AS cause
        FROM effects
        INNER JOIN places
            ON places.topic = effects.cause_topic
            AND toInt64(places.partition) = toInt64(effects.cause_partition)
            AND toInt64(places.offset) = effects.cause_offset
        WHERE cause_offset >= 0
          AND (cause_context = '' OR NOT arrayExists(name -> startsWith(name, 'span:'), places.names)
              OR has(places.names, cause_context) OR has(places.reference_names, cause_context))
        UNION ALL
        SELECT effect, effect_name, cause_name, consumer_name, share / choices AS share,
            length(causes) AS answers, arrayJoin(causes) AS cause
        FROM
        (
            SELECT effect, effect_name, cause_name, consumer_name, share, choices,
                arrayFilter(
                    event -> effects.cause_topic IN ('', event.1)
                        AND (effects.cause_partition < 0 OR event.2 = effects.cause_partition),
                    carriers.events) AS causes
            FROM effects
            INNER JOIN carriers ON effects.cause_hash = carriers.name_hash
            WHERE cause_offset < 0
        )
    ),
    found AS
    (
        SELECT effect.1 AS effect_topic, effect.2 AS effect_partition, effect.3 AS effect_offset,
            cause.1 AS cause_topic, cause.2 AS cause_partition, cause.3 AS cause_offset,
            any(pairs.effect_name) AS effect_name, any(pairs.effect) AS an_effect, any(pairs.cause) AS a_cause,
            max(if(answers > 8, 0, share / answers)) AS shared
        FROM pairs
        WHERE (effect.1, effect.2, effect.3) != (cause.1, cause.2, cause.3)
          -- A record that stands before another in one partition was there before it, whatever clocks say.
          AND NOT (effect.1 = cause.1 AND effect.2 = cause.2 AND effect.3 < cause.3)
        GROUP BY effect_topic, effect_partition, effect_offset, cause_topic, cause_partition, cause_offset
    ),
    -- One record was made by one piece of work: where several claim it, none is sure.
    makers AS
    (
        SELECT effect.1 AS effect_topic, effect.2 AS effect_partition, effect.3 AS effect_offset,
            uniqExact(consumer_name) AS consumers
        FROM pairs
        WHERE share > 0
        GROUP BY effect_topic, effect_partition, effect_offset
    ),
    known AS
    (
        SELECT effect_topic, effect_partition, effect_offset, cause_topic, cause_partition, cause_offset,
            edges.evidence AS evidence, edges.confidence AS confidence
        FROM edges FINAL
        WHERE (effect_topic, effect_partition, effect_offset) IN
            (SELECT effect_topic, effect_partition, effect_offset FROM found)
          AND relation = 'caused'
    )
SELECT
    found.effect_topic, found.effect_partition, found.effect_offset,
    found.cause_topic, found.cause_partition, found.cause_offset,
    'caused' AS relation,
    if(confidence > 0, 'span', 'superseded') AS evidence,
    found.shared / greatest(makers.consumers, 1) AS confidence,
    found.effect_name AS name,
    found.a_cause.5 AS cause_time, found.an_effect.5 AS effect_time, found.a_cause.6 AS cause_service,
    found.an_effect.6 AS effect_service, found.a_cause.7 AS cause_type, found.an_effect.7 AS effect_type,
    now64(3, 'UTC') AS linked_time
FROM found
LEFT JOIN makers USING (effect_topic, effect_partition, effect_offset)
LEFT JOIN known USING
    (effect_topic, effect_partition, effect_offset, cause_topic, cause_partition, cause_offset)
WHERE if(confidence > 0,
    known.evidence IN ('', 'span', 'inferred', 'superseded') OR known.confidence < confidence,
    known.evidence = 'span')
SETTINGS max_threads = 1, optimize_on_insert = 0
