-- Writes of spans that have not been walked through, oldest first.
SELECT batch
FROM span_batches
GROUP BY batch
HAVING NOT max(walked)
ORDER BY batch
LIMIT {batches_max:UInt32}
