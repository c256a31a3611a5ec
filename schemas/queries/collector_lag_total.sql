-- All partitions together: what is behind, and how many stand still.
SELECT
    count() AS partitions,
    sum(end_offset - least(committed_offset, end_offset)) AS lag,
    countIf(end_offset > committed_offset) AS behind,
    countIf(paused) AS paused,
    max(observed_time) AS observed_time
FROM collector_partitions FINAL
