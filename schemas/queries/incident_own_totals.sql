-- All that was counted of kinds with a total of their own, by scope and slot in [since, until), as two parallel lists each.
SELECT kind, topic, service, consumer_group, groupArray(toUnixTimestamp(slot)) AS slots, groupArray(total) AS counts
FROM
(
    SELECT kind, topic, service, consumer_group, slot, total
    FROM incident_facts FINAL
    WHERE kind IN ({kinds:Array(String)}) AND topic IN ({topics:Array(String)}) AND total > 0
        AND slot >= {since:DateTime64(3, 'UTC')} AND slot < {until:DateTime64(3, 'UTC')}
    ORDER BY kind, topic, service, consumer_group, slot
)
GROUP BY kind, topic, service, consumer_group
