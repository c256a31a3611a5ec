-- Whole-number names of the dead letters of the window, as in cascades_edges.
SELECT cityHash64(topic, partition, offset) AS event
FROM events FINAL
WHERE dead_letter AND time >= now64(3) - toIntervalSecond({window_s:UInt32})
ORDER BY time DESC
LIMIT {events_max:UInt32}
