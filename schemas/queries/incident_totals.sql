-- All records of some topics by slot in [since, until), as two parallel lists each.
SELECT topic, groupArray(toUnixTimestamp(slot)) AS slots, groupArray(n) AS counts
FROM
(
    SELECT topic, slot, sum(total) AS n
    FROM incident_facts FINAL
    WHERE kind = 'traffic' AND topic IN ({topics:Array(String)})
        AND slot >= {since:DateTime64(3, 'UTC')} AND slot < {until:DateTime64(3, 'UTC')}
    GROUP BY topic, slot
    ORDER BY topic, slot
)
GROUP BY topic
