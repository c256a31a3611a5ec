CREATE MATERIALIZED VIEW IF NOT EXISTS span_batches_mv TO span_batches AS
SELECT batch, false AS walked, count() AS spans, max(received_time) AS observed_time
FROM spans
GROUP BY batch
