CREATE MATERIALIZED VIEW IF NOT EXISTS references_mv TO references AS
SELECT
    reinterpretAsUInt128(sipHash128(name)) AS name_hash,
    topic,
    partition,
    offset,
    name,
    relation,
    evidence,
    origin,
    time,
    service,
    type,
    batch
FROM events
ARRAY JOIN reference_names AS name, reference_relations AS relation, reference_evidences AS evidence
WHERE evidence != 'provenance'
