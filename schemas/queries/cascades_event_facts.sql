-- What the picture of a cascade needs of its events beyond lineage: why they failed.
SELECT topic, partition, offset, exception, failed_group
FROM events FINAL
WHERE dead_letter AND topic IN {topics:Array(String)}
    AND time >= fromUnixTimestamp64Milli({from_ms:Int64}) AND time <= fromUnixTimestamp64Milli({to_ms:Int64})
LIMIT 1000
