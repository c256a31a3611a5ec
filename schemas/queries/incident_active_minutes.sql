-- In which minutes these topics were written to, by producer.
SELECT topic, service, groupUniqArray(toUnixTimestamp(toStartOfMinute(slot))) AS minutes
FROM incident_facts
WHERE kind = 'traffic' AND service != '' AND total > 0 AND slot >= {since:DateTime64(3, 'UTC')} AND slot < {until:DateTime64(3, 'UTC')}
    AND (empty({topics:Array(String)}) OR topic IN ({topics:Array(String)}))
GROUP BY topic, service
