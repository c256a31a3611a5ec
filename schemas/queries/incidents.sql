-- Incidents with any impact in a span of time, newest first.
SELECT incidents.* EXCEPT (acknowledged_time, acknowledged_by),
    if(acks.incident_id = '', incidents.acknowledged_time, acks.first_time) AS acknowledged_time,
    if(acks.incident_id = '', incidents.acknowledged_by, acks.first_by) AS acknowledged_by
FROM (SELECT * FROM incidents FINAL) AS incidents
LEFT JOIN
(
    SELECT incident_id, min(time) AS first_time, argMin(by, (time, by)) AS first_by
    FROM incident_acknowledgements FINAL
    GROUP BY incident_id
) AS acks USING (incident_id)
WHERE impact_time <= {until:DateTime64(3, 'UTC')} AND coalesce(mitigated_time, resolved_time, now64(3)) >= {since:DateTime64(3, 'UTC')}
ORDER BY impact_time DESC, incident_id
LIMIT {incidents_max:UInt32}
