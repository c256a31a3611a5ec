CREATE MATERIALIZED VIEW edges_by_cause_mv TO edges_by_cause AS SELECT * FROM edges
