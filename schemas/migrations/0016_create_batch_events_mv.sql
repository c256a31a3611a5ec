CREATE MATERIALIZED VIEW IF NOT EXISTS batch_events_mv TO batch_events AS
SELECT
    batch,
    topic,
    partition,
    offset,
    names,
    reference_names,
    reference_relations,
    reference_evidences,
    origin,
    time,
    service,
    type
FROM events
