-- The traces that these writes brought spans of. The times narrow the search to the days on which they came.
SELECT DISTINCT trace_id
FROM spans
WHERE batch IN {batches:Array(UInt64)}
  AND received_time BETWEEN {since:DateTime64(3, 'UTC')} AND {until:DateTime64(3, 'UTC')}
ORDER BY trace_id
