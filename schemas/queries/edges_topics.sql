-- Topics with events that have a known cause.
SELECT DISTINCT effect_topic AS topic FROM edges ORDER BY topic
