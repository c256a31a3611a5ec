-- Edges whose effect is not later than its cause, the worst first: every ring of events has one.
SELECT effect_topic AS topic, effect_partition AS partition, effect_offset AS offset
FROM edges FINAL
WHERE effect_time >= {since:DateTime64(3, 'UTC')} AND effect_time < {until:DateTime64(3, 'UTC')}
    AND effect_time <= cause_time AND confidence > 0
ORDER BY toUnixTimestamp64Milli(effect_time) - toUnixTimestamp64Milli(cause_time), effect_time DESC
LIMIT {rows_max:UInt32}
