-- What leads to what: topics, and the service between them, of the edges of a span of time.
SELECT cause_topic, effect_service, effect_topic, count() AS edges
FROM edges FINAL
WHERE relation = 'caused' AND confidence > 0 AND effect_time >= {since:DateTime64(3, 'UTC')} AND effect_time < {until:DateTime64(3, 'UTC')}
GROUP BY cause_topic, effect_service, effect_topic
ORDER BY edges DESC
LIMIT 5000
