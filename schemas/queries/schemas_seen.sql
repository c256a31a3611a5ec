-- The schema ids on topics in the last weeks, and when the registry was asked for each; 1970 = never.
SELECT schema_id, ifNull(schemas.observed_time, toDateTime64(0, 3, 'UTC')) AS asked_time, schemas.state AS state
FROM (SELECT DISTINCT toString(schema_id) AS schema_id FROM shape_counts WHERE schema_id != '') AS seen
LEFT JOIN (SELECT toString(schema_id) AS schema_id, observed_time, toString(state) AS state FROM schemas FINAL) AS schemas USING (schema_id)
WHERE NOT startsWith(schema_id, 'uri:')
ORDER BY asked_time, schema_id
LIMIT {rows_max:UInt32}
