-- When each version of each service was first seen at all.
SELECT service, label AS version, min(first_time) AS first_time
FROM incident_facts
WHERE kind = 'versions'
GROUP BY service, version
