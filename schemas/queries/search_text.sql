-- Events whose key, type, service or topic holds a text, newest first.
SELECT topic, partition, offset
FROM events
WHERE positionCaseInsensitiveUTF8(concat(topic, '\n', type, '\n', service, '\n', ifNull(key, '')), {text:String}) > 0
ORDER BY time DESC
LIMIT 1 BY topic, partition, offset
LIMIT {events_max:UInt32}
