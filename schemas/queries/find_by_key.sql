-- Where events with this business key are, oldest first.
SELECT topic, partition, offset
FROM events
WHERE key = {text:String}
ORDER BY time, topic, partition, offset
LIMIT 1 BY topic, partition, offset
LIMIT {events_max:UInt32}
