-- Dead letters whose origin carried a change: failures by change, consumer group and reason.
SELECT
    change_id, consumer_group, exception, uniqExact(failure_id) AS failures, min(dead_letters.observed_time) AS first_time,
    max(dead_letters.observed_time) AS last_time, argMin(event, dead_letters.observed_time) AS first_event,
    topK(1)(reason_id)[1] AS reason_id
FROM dead_letters
INNER JOIN
(
    SELECT change_id, topic AS origin_topic, first_time AS changed_time, new_shapes, to_schema, kind
    FROM schema_changes FINAL
    WHERE change_id IN {change_ids:Array(String)}
) AS changed ON changed.origin_topic = dead_letters.origin_topic
WHERE dead_letters.observed_time >= changed_time
    AND (has(new_shapes, dead_letters.shape_id) OR (kind != 'shape' AND dead_letters.schema_id = to_schema))
GROUP BY change_id, consumer_group, exception
ORDER BY change_id, failures DESC, consumer_group, exception
