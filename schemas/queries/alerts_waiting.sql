-- What has to be sent, oldest first.
SELECT alert_id, incident_id, transition, channel, created_time, state, attempts, next_time, sent_time, problem
FROM alerts FINAL
WHERE state = 'waiting'
ORDER BY created_time, alert_id
LIMIT 1000
