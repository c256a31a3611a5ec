-- Where each partition ends as the collectors saw it while fetching.
SELECT topic, partition, end_offset FROM collector_partitions FINAL
