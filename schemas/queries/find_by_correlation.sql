-- Where events with this correlation id are, oldest first.
SELECT topic, partition, offset
FROM events
WHERE correlation_id = {text:String}
ORDER BY time, topic, partition, offset
LIMIT 1 BY topic, partition, offset
LIMIT {events_max:UInt32}
