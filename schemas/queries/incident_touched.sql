-- Minutes in which something happened that was stored since a mark, and the store's own time to set the next mark at.
SELECT toStartOfMinute(happened) AS minute, now() AS read_time
FROM
(
    SELECT time AS happened FROM batch_events WHERE written_time >= {mark:DateTime('UTC')}
    UNION ALL
    SELECT if(convention IN ('kafka-connect', 'kafka-streams'), observed_time, time) AS happened
    FROM dead_letter_records WHERE found_time >= {mark:DateTime('UTC')}
)
GROUP BY minute
ORDER BY minute
