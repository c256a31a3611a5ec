-- What these dead letters say of their exception.
SELECT topic, partition, offset, exception FROM dead_letter_records
WHERE exception != '' AND (topic, partition, offset) IN
    arrayZip({topics:Array(String)}, {partitions:Array(UInt32)}, {offsets:Array(UInt64)})
LIMIT 1 BY topic, partition, offset
