-- Which services made something of what they read from these topics, and where they wrote it.
SELECT cause_topic AS topic, effect_service AS service, groupUniqArray(20)(effect_topic) AS topics, count() AS edges
FROM edges FINAL
WHERE cause_topic IN {topics:Array(String)} AND effect_time >= {since:DateTime64(3, 'UTC')} AND relation = 'caused'
    AND confidence > 0
GROUP BY topic, service
ORDER BY topic, edges DESC, service
