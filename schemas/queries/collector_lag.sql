-- How far behind collection is, per partition, worst first.
SELECT
    topic, partition, observed_time, collector, committed_offset, end_offset, paused,
    end_offset - least(committed_offset, end_offset) AS lag,
    now64(3, 'UTC') AS now
FROM collector_partitions FINAL
ORDER BY lag DESC, topic, partition
LIMIT {rows_max:UInt32}
