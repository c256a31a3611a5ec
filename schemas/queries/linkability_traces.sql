-- Whether records go on with a trace under which an earlier record of another topic stands. Of many traces one in
-- `one_in` is looked at, with all of its records.
SELECT one.1 AS topic, one.2 AS service, count() AS events, countIf(one.3 > first_time AND one.1 != first_topic) AS continued
FROM
(
    SELECT
        arrayJoin(groupArray(200)((toString(topic), toString(service), time))) AS one,
        min(time) AS first_time,
        argMin(toString(topic), time) AS first_topic
    FROM events FINAL
    WHERE time >= {since:DateTime64(3, 'UTC')} AND time < {until:DateTime64(3, 'UTC')}
        AND trace_id != '' AND cityHash64(trace_id) % {one_in:UInt32} = 0
    GROUP BY trace_id
)
GROUP BY topic, service
