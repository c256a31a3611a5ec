-- Records of a topic, and bad events of one scope on it, by steps of time in [since, until).
SELECT kind, toUnixTimestamp(toStartOfInterval(slot, toIntervalSecond({step_s:UInt32}), 'UTC')) AS step,
    sum(bad) AS bad, sum(total) AS total
FROM incident_facts FINAL
WHERE kind IN ('traffic', {kind:String}) AND topic = {topic:String}
    AND slot >= {since:DateTime64(3, 'UTC')} AND slot < {until:DateTime64(3, 'UTC')}
    AND (kind = 'traffic' OR (consumer_group = {consumer_group:String} AND (consumer_group != '' OR service = {service:String})))
GROUP BY kind, step
ORDER BY kind, step
