-- Where what usually follows is missing more than now and then since a moment: by topic and who would write it.
SELECT toString(topic) AS topic, toString(service) AS service
FROM incident_facts FINAL
WHERE kind = 'stuck' AND slot >= {since:DateTime64(3, 'UTC')} AND total > 0
GROUP BY topic, service
HAVING sum(bad) >= 10 AND sum(bad) >= {share:Float64} * sum(total)
