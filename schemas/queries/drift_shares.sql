-- Records with and without the change in each step of time: the roll-out as a picture.
SELECT
    toDateTime64(toStartOfInterval(minute, toIntervalSecond({step_s:UInt32})), 3, 'UTC') AS step,
    sumIf(events, has({new_shapes:Array(UInt64)}, shape_id)
        OR (empty({new_shapes:Array(UInt64)}) AND schema_id = {to_schema:String})) AS new_events,
    sum(events) - new_events AS old_events
FROM shape_counts FINAL
WHERE topic = {topic:String} AND type = {type:String} AND service = {service:String}
    AND minute >= toDateTime({since:DateTime64(3, 'UTC')}) AND minute < toDateTime({until:DateTime64(3, 'UTC')})
GROUP BY step
ORDER BY step
