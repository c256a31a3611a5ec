-- Incidents that are part of another one, oldest first.
SELECT incidents.* EXCEPT (acknowledged_time, acknowledged_by),
    if(acks.incident_id = '', incidents.acknowledged_time, acks.first_time) AS acknowledged_time,
    if(acks.incident_id = '', incidents.acknowledged_by, acks.first_by) AS acknowledged_by
FROM (SELECT * FROM incidents FINAL WHERE parent_id = {incident_id:String}) AS incidents
LEFT JOIN
(
    SELECT incident_id, min(time) AS first_time, argMin(by, (time, by)) AS first_by
    FROM incident_acknowledgements FINAL
    GROUP BY incident_id
) AS acks USING (incident_id)
WHERE state != 'withdrawn'
ORDER BY impact_time, incident_id
LIMIT 200
