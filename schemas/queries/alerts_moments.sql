-- When some incidents escalated, and when each came back last.
SELECT incident_id,
    maxOrNullIf(time, change = 'escalated') AS escalated_time,
    maxOrNullIf(time, change = 'reopened') AS reopened_time
FROM incident_changes FINAL
WHERE incident_id IN ({ids:Array(String)})
GROUP BY incident_id
