CREATE MATERIALIZED VIEW IF NOT EXISTS copies_mv TO copies AS
WITH splitByChar('/', substring(origin, length('event:') + 1)) AS place
SELECT
    place[1] AS origin_topic,
    toUInt32OrZero(place[2]) AS origin_partition,
    toUInt64OrZero(place[3]) AS origin_offset,
    topic,
    partition,
    offset,
    reference_relations[indexOf(reference_evidences, 'provenance')] AS relation,
    origin AS name,
    time,
    service,
    type
FROM events
WHERE origin != ''
