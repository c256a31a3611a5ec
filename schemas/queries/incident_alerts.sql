-- What was told of an incident, to whom, and what became of it.
SELECT transition, channel, created_time, state, attempts, sent_time, problem
FROM alerts FINAL
WHERE incident_id = {incident_id:String}
ORDER BY created_time, transition, channel
