-- Changes of schema id without a verdict, of which the registry has said both schemas since they were judged.
SELECT *
FROM schema_changes FINAL
WHERE kind = 'schema_id' AND verdict = '' AND first_time >= {since:DateTime64(3, 'UTC')}
    AND to_schema IN (SELECT schema_id FROM schemas FINAL WHERE state = 'known' AND definition != '')
    AND from_schema IN (SELECT schema_id FROM schemas FINAL WHERE state = 'known' AND definition != '')
ORDER BY first_time DESC, topic, type, change_id
LIMIT 200
