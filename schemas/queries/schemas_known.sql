-- What the registry said of these ids.
SELECT * FROM schemas FINAL WHERE schema_id IN {schema_ids:Array(String)}
