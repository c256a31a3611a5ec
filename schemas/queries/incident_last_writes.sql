-- When each producer wrote last, in a span of time.
SELECT topic, service, max(last_time) AS newest_time
FROM incident_facts FINAL
WHERE kind = 'traffic' AND service != '' AND slot >= {since:DateTime64(3, 'UTC')}
GROUP BY topic, service
ORDER BY topic, service
LIMIT 20000
