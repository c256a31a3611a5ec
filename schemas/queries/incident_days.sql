-- Bad and all records of each day, for what is usual: bad by scope, all (kind = traffic) by topic.
SELECT kind, topic, if(kind = 'traffic', '', service) AS who, consumer_group, toDate(slot) AS day, sum(bad) AS bad, sum(total) AS total
FROM incident_facts FINAL
WHERE (kind IN ({kinds:Array(String)}) OR kind = 'traffic') AND topic IN ({topics:Array(String)})
    AND slot >= {since:DateTime64(3, 'UTC')} AND slot < {until:DateTime64(3, 'UTC')}
GROUP BY kind, topic, who, consumer_group, day
