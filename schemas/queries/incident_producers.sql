-- Who wrote to each topic in a span of time.
SELECT topic, service, sum(total) AS events
FROM incident_facts FINAL
WHERE kind = 'traffic' AND service != '' AND slot >= {since:DateTime64(3, 'UTC')} AND slot < {until:DateTime64(3, 'UTC')}
GROUP BY topic, service
ORDER BY topic, events DESC
