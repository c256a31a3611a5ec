CREATE MATERIALIZED VIEW identities_mv TO identities AS
SELECT reinterpretAsUInt128(sipHash128(name)) AS name_hash, topic, partition, offset
FROM events
ARRAY JOIN names AS name
