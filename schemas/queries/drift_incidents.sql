-- Incidents on these topics, or that name one of them as where their cause is.
SELECT incident_id, kind, topic, title, impact_time, resolved_time, causes
FROM incidents FINAL
WHERE impact_time >= {since:DateTime64(3, 'UTC')}
    AND (topic IN {topics:Array(String)} OR arrayExists(each -> position(causes, concat('"', each, '"')) > 0, {topics:Array(String)}))
ORDER BY impact_time DESC
LIMIT 500
