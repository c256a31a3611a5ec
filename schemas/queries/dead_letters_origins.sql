-- What is stored of these places: where they were copied from in their turn, and what was written there.
SELECT topic, partition, offset, origin, service, type, schema_id, shape_id, dead_letter,
    reference_relations[indexOf(reference_evidences, 'provenance')] AS relation
FROM events
WHERE (topic, partition, offset) IN
    arrayZip({topics:Array(String)}, {partitions:Array(UInt32)}, {offsets:Array(UInt64)})
LIMIT 1 BY topic, partition, offset
