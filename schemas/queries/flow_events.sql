-- Events of a topic or a service to start from, failures first.
SELECT topic, partition, offset, time, type, dead_letter
FROM events FINAL
WHERE if({kind:String} = 'topic', topic, service) = {name:String}
    AND time >= {since:DateTime64(3, 'UTC')} AND time < {until:DateTime64(3, 'UTC')}
ORDER BY dead_letter DESC, time DESC, topic, partition, offset
LIMIT {rows_max:UInt32}
