-- The diaries of some incidents.
SELECT incident_id, time, change, text
FROM incident_changes FINAL
WHERE incident_id IN ({ids:Array(String)})
ORDER BY incident_id, time, indexOf(['opened', 'escalated', 'acknowledged', 'reopened', 'corrected', 'mitigated', 'resolved', 'folded'], change), change_key
