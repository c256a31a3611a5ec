-- Withdraws guesses about events whose cause was linked by evidence since then. The guess's row is replaced by one
-- that readers leave out. Versions keep the order: a guess is a hundred years early, a withdrawal is of 1970, and
-- evidence is of now, so that of one pair the evidence always stays, whichever was written last.
INSERT INTO edges
    (effect_topic, effect_partition, effect_offset, cause_topic, cause_partition, cause_offset, relation, evidence,
     confidence, name, cause_time, effect_time, cause_service, effect_service, cause_type, effect_type, linked_time)
WITH explained AS
(
    SELECT DISTINCT effect_topic, effect_partition, effect_offset
    FROM edges
    WHERE linked_time >= {since:DateTime64(3, 'UTC')} AND evidence != 'inferred'
)
SELECT effect_topic, effect_partition, effect_offset, cause_topic, cause_partition, cause_offset, relation,
       evidence, 0 AS confidence, name, cause_time, effect_time, cause_service, effect_service,
       cause_type, effect_type, toDateTime64(0, 3, 'UTC') AS linked_time
FROM edges FINAL
WHERE (effect_topic, effect_partition, effect_offset) IN (SELECT * FROM explained)
    AND evidence = 'inferred' AND edges.confidence > 0 -- the table's own: the name alone would mean the column above
