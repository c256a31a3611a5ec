-- Events of one kind that have none of these effects, nor the beginning of a failure: oldest and newest, and how many.
SELECT
    count() AS waiting,
    min(time) AS first_time,
    max(time) AS last_time,
    arrayMap(one -> one.2, arraySlice(arrayReverseSort(groupArray(2000)((time, (toString(topic), partition, offset)))), 1, 20)) AS examples
FROM events FINAL
WHERE topic = {topic:String} AND type = {type:String}
    AND time >= {since:DateTime64(3, 'UTC')} AND time < {until:DateTime64(3, 'UTC')}
    AND (topic, partition, offset) NOT IN
    (
        SELECT cause_topic, cause_partition, cause_offset
        FROM edges_by_cause
        WHERE cause_topic = {topic:String} AND cause_time >= {since:DateTime64(3, 'UTC')}
            AND cause_time < {until:DateTime64(3, 'UTC')} AND confidence > 0
            AND (relation != 'caused' OR has(arrayZip({topics:Array(String)}, {types:Array(String)}), (toString(effect_topic), toString(effect_type))))
    )
