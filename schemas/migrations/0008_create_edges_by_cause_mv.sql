CREATE MATERIALIZED VIEW IF NOT EXISTS edges_by_cause_mv TO edges_by_cause AS SELECT * FROM edges
