-- The diary of an incident.
SELECT incident_id, time, change, text
FROM incident_changes FINAL
WHERE incident_id = {incident_id:String}
ORDER BY time, indexOf(['opened', 'escalated', 'acknowledged', 'reopened', 'corrected', 'mitigated', 'resolved', 'folded'], change), change_key
