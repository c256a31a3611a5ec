-- Copies the edges from and to events of a topic that is gone to its former name.
INSERT INTO edges
SELECT * REPLACE (
    if(effect_topic = {topic:String}, {former:String}, toString(effect_topic)) AS effect_topic,
    if(cause_topic = {topic:String}, {former:String}, toString(cause_topic)) AS cause_topic)
FROM
(
    SELECT * FROM edges FINAL
    WHERE effect_topic = {topic:String} AND confidence > 0
    UNION DISTINCT
    SELECT * FROM edges FINAL
    WHERE (effect_topic, effect_partition, effect_offset) IN
        (SELECT effect_topic, effect_partition, effect_offset FROM edges_by_cause WHERE cause_topic = {topic:String})
      AND cause_topic = {topic:String} AND confidence > 0
)
WHERE linked_time < {until:DateTime64(3, 'UTC')}
