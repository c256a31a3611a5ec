-- Events per topic and service in a span of time: what counts of anomalies are held against.
SELECT topic, service, count() AS events
FROM events FINAL
WHERE time >= {since:DateTime64(3, 'UTC')} AND time < {until:DateTime64(3, 'UTC')}
GROUP BY topic, service
