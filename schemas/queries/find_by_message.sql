-- Where events with this message id are, oldest first: by their name, which linking indexes anyway.
SELECT topic, partition, offset
FROM identities
WHERE name_hash = reinterpretAsUInt128(sipHash128(concat('id:', {text:String})))
ORDER BY time, topic, partition, offset
LIMIT 1 BY topic, partition, offset
LIMIT {events_max:UInt32}
