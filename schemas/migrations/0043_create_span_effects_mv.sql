CREATE MATERIALIZED VIEW IF NOT EXISTS span_effects_mv TO span_effects AS SELECT * FROM span_causes
