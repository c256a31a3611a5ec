-- What tells whether something was odd about these events. `new_shape` is true where the structure of the payload was
-- first seen with, or shortly before, the event and is not the first that its topic had.
SELECT
    topic, partition, offset, exception, failed_group, attempt, service_version, shape_id,
    (topic, shape_id) IN
    (
        SELECT topic, shape_id
        FROM shapes FINAL
        WHERE topic IN {topics_asked:Array(String)}
            AND first_time > {until:DateTime64(3, 'UTC')} - toIntervalSecond({new_s:UInt32})
            AND first_time <= {until:DateTime64(3, 'UTC')}
            AND topic IN
            (
                SELECT topic FROM shapes
                WHERE topic IN {topics_asked:Array(String)}
                    AND first_time <= {until:DateTime64(3, 'UTC')} - toIntervalSecond({new_s:UInt32})
            )
    ) AS new_shape
FROM events
WHERE (topic, partition, offset) IN
    arrayZip({topics:Array(String)}, {partitions:Array(UInt32)}, {offsets:Array(UInt64)})
ORDER BY replay_rank DESC
LIMIT 1 BY topic, partition, offset
