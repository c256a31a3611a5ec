-- Each topic with its records and how many of these say that they were given up or tried again elsewhere. A redrive is
-- none: it lies where it belongs. Without FINAL on purpose: both counts grow alike where records were read twice.
SELECT
    topic,
    count() AS records,
    countIf(hasAny(reference_relations, ['dead_lettered', 'retried'])) AS copies,
    countIf(dead_letter) AS dead_letters,
    max(observed_time) AS newest_time
FROM events
WHERE observed_time >= {since:DateTime64(3)}
GROUP BY topic
ORDER BY topic
