-- The newest errors of each kind, to look at the records themselves.
SELECT kind, observed_time, topic, partition, offset, message
FROM collector_errors FINAL
WHERE observed_time >= now64(3) - toIntervalDay(7) AND ({kind:String} = '' OR kind = {kind:String})
ORDER BY observed_time DESC, topic, partition, offset
LIMIT {per_kind:UInt32} BY kind
