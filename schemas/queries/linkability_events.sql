-- What is known of the causes of events, by topic, service and type: each event counts once, by its surest edge.
-- Of many events one in `one_in` is looked at.
SELECT
    topic,
    service,
    type,
    count() AS events,
    countIf(best.1 AND best.2 AND best.3 = 'header') AS header,
    countIf(best.1 AND best.2 AND best.3 = 'provenance') AS provenance,
    countIf(best.1 AND best.2 AND best.3 = 'span') AS span,
    countIf(best.1 AND best.2 AND best.3 = 'context') AS context,
    countIf(best.1 AND NOT best.2) AS ambiguous,
    countIf(best.3 = 'inferred') AS inferred,
    countIf(best.3 = '' AND claims) AS orphans,
    countIf(best.3 = '' AND NOT claims) AS nothing,
    argMax((partition, offset), (NOT (best.1 AND best.2), time, offset)) AS example
FROM
(
    SELECT
        toString(topic) AS topic, toString(service) AS service, toString(type) AS type, partition, offset, time,
        notEmpty(reference_names) AS claims
    FROM events FINAL
    WHERE time >= {since:DateTime64(3, 'UTC')} AND time < {until:DateTime64(3, 'UTC')}
        AND cityHash64(topic, partition, offset) % {one_in:UInt32} = 0
) AS seen
LEFT JOIN
(
    SELECT
        toString(effect_topic) AS effect_topic, effect_partition, effect_offset,
        max((evidence != 'inferred', confidence >= 0.999, toString(evidence))) AS best
    FROM edges FINAL
    WHERE effect_time >= {since:DateTime64(3, 'UTC')} AND effect_time < {until:DateTime64(3, 'UTC')}
        AND confidence > 0 AND cityHash64(effect_topic, effect_partition, effect_offset) % {one_in:UInt32} = 0
    GROUP BY effect_topic, effect_partition, effect_offset
) AS linked ON topic = effect_topic AND partition = effect_partition AND offset = effect_offset
GROUP BY topic, service, type
ORDER BY topic, service, type
