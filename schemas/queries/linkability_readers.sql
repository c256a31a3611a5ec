-- Services of which something is known that they read: what they write was caused by it.
SELECT effect_service AS service, groupUniqArray(20)(toString(cause_topic)) AS topics
FROM edges FINAL
WHERE relation = 'caused' AND confidence > 0 AND effect_service != ''
    AND effect_time >= {since:DateTime64(3, 'UTC')} AND effect_time < {until:DateTime64(3, 'UTC')}
GROUP BY service
