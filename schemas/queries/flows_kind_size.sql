-- How many events of one kind there are in a span of time.
SELECT count() AS events
FROM events FINAL
WHERE topic = {topic:String} AND type = {type:String}
    AND time >= {since:DateTime64(3, 'UTC')} AND time < {until:DateTime64(3, 'UTC')}
