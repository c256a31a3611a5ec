-- How many records of each service have a known cause, by anything but conclusion; a copy (retry, dead letter) tells of
-- its origin and says nothing of this. Without FINAL on purpose: a row that was linked twice is one effect all the same.
SELECT toString(effect_service) AS service, uniqExact(effect_topic, effect_partition, effect_offset) AS linked
FROM edges
WHERE effect_time >= {since:DateTime64(3, 'UTC')} AND effect_time < {until:DateTime64(3, 'UTC')}
    AND relation = 'caused' AND evidence != 'inferred' AND effect_service != ''
GROUP BY effect_service
ORDER BY service
