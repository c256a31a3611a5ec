-- What was written down since a time, and what became of it.
SELECT alert_id, incident_id, transition, channel, created_time, state, attempts, next_time, sent_time, problem
FROM alerts FINAL
WHERE created_time >= {since:DateTime64(3, 'UTC')}
ORDER BY created_time DESC, alert_id
LIMIT 1000
