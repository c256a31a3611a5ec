-- What was written since then, for what it shares with other events: a row per write, the earliest first.
SELECT batch, count() AS events, toDateTime64(max(written_time), 3, 'UTC') AS written
FROM batch_events
WHERE written_time >= {since:DateTime64(3, 'UTC')}
GROUP BY batch
ORDER BY written, batch
