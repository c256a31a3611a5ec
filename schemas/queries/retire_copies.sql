-- Lets copies of records of a topic that is gone point to its former name.
INSERT INTO copies
SELECT * REPLACE (
    {former:String} AS origin_topic,
    concat({former_prefix:String}, substring(name, length({prefix:String}) + 1)) AS name)
FROM (SELECT * FROM copies WHERE origin_topic = {topic:String} AND time < {until:DateTime64(3, 'UTC')})
