-- Where events with this message id are, oldest first.
SELECT topic, partition, offset
FROM events
WHERE message_id = {text:String}
ORDER BY time, topic, partition, offset
LIMIT 1 BY topic, partition, offset
LIMIT {events_max:UInt32}
