-- Whether any record names the parent of the span that sent it.
SELECT 1 AS found FROM span_parents LIMIT 1
