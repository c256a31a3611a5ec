-- Bad events by scope and slot in [since, until).
SELECT kind, topic, service, consumer_group, slot, bad, total, first_time, last_time, seen, seen_count, sample
FROM incident_facts FINAL
WHERE kind IN ({kinds:Array(String)}) AND slot >= {since:DateTime64(3, 'UTC')} AND slot < {until:DateTime64(3, 'UTC')} AND bad > 0
ORDER BY kind, topic, service, consumer_group, slot
