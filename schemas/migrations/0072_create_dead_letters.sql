-- One row per dead letter: records on topics that hold dead letters. `failure_id` is the same for every dead letter of
-- one origin event and one consumer group, so counting distinct ones counts failures; `reason_id` names a group of
-- failures with the same topic, consumer group, exception and message template.
CREATE VIEW IF NOT EXISTS dead_letters AS
SELECT
    *,
    if(origin_topic = '', cityHash64(topic, partition, offset, consumer_group),
        cityHash64(origin_topic, origin_partition, origin_offset, consumer_group)) AS failure_id,
    lower(hex(cityHash64(if(origin_topic = '', topic, origin_topic), consumer_group, template_id))) AS reason_id,
    concat(topic, '/', toString(partition), '/', toString(offset)) AS event,
    if(origin_topic = '', '', concat(origin_topic, '/', toString(origin_partition), '/', toString(origin_offset)))
        AS origin_event
FROM dead_letter_records FINAL
WHERE topic IN (SELECT topic FROM topic_roles FINAL WHERE role = 'dead letter')
