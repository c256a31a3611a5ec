-- A record that names its cause itself needs no parent's help, and a copy keeps the context of its origin.
CREATE MATERIALIZED VIEW IF NOT EXISTS span_parents_mv TO span_parents AS
SELECT
    reinterpretAsUInt128(sipHash128(concat('span:', trace_id, '-', parent_span_id))) AS name_hash,
    topic,
    partition,
    offset,
    concat('span:', trace_id, '-', parent_span_id) AS name,
    time,
    service,
    type
FROM events
WHERE parent_span_id != '' AND parent_span_id != span_id AND origin = '' AND empty(reference_names)
