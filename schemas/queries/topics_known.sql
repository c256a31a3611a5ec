-- Every id that a topic has had, the latest one last.
SELECT topic, topic_id, min(first_time) AS first_seen, argMin(collector, (first_time, collector)) AS seen_by,
       argMin(until_time, (first_time, collector)) AS until_time, argMin(former, (first_time, collector)) AS former,
       max(moved) AS moved
FROM topics FINAL
GROUP BY topic, topic_id
ORDER BY topic, first_seen
