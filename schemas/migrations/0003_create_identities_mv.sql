CREATE MATERIALIZED VIEW IF NOT EXISTS identities_mv TO identities AS
SELECT
    reinterpretAsUInt128(sipHash128(name)) AS name_hash,
    topic,
    partition,
    offset,
    origin,
    time,
    service,
    type
FROM events
ARRAY JOIN names AS name
