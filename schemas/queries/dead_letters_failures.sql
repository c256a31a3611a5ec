-- Failures between two moments, newest first. Empty text and 0 in a filter mean any.
SELECT *
FROM dead_letter_failures(since = {since:DateTime64(3)}, until = {until:DateTime64(3)})
WHERE ({topic:String} = '' OR failed_topic = {topic:String})
    AND ({group:String} = '' OR consumer_group = {group:String} OR service = {group:String})
    AND ({reason:String} = '' OR reason_id = {reason:String})
    AND ({exception:String} = '' OR endsWith(exception, {exception:String}))
    AND (empty({events:Array(String)}) OR hasAny(events, {events:Array(String)}))
ORDER BY last_failed DESC, last_topic, last_partition, last_offset
LIMIT {rows_max:UInt32}
