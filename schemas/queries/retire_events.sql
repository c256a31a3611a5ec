-- Copies the events of a topic that is gone to its former name. They answer to no name there: new events cannot mean
-- them. Views make the rest.
INSERT INTO events
SELECT * REPLACE (
    {former:String} AS topic,
    [] AS names,
    if(startsWith(origin, {prefix:String}), concat({former_prefix:String}, substring(origin, length({prefix:String}) + 1)), origin)
        AS origin,
    arrayMap(name -> if(startsWith(name, {prefix:String}),
        concat({former_prefix:String}, substring(name, length({prefix:String}) + 1)), name), reference_names)
        AS reference_names)
FROM (SELECT * FROM events WHERE topic = {topic:String} AND observed_time < {until:DateTime64(3, 'UTC')})
