-- The steps that are in force.
SELECT
    toString(cause_topic) AS cause_topic, toString(cause_type) AS cause_type,
    toString(effect_topic) AS effect_topic, toString(effect_type) AS effect_type,
    toString(service) AS service, share, causes, patience_ms,
    instead_topics, instead_types, usual_time, learned_time
FROM usual_steps FINAL
WHERE learned_time = (SELECT max(learned_time) FROM usual_steps)
ORDER BY cause_topic, cause_type, effect_topic, effect_type
