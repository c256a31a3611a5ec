-- Redrives, newest first, with what was sent of each.
SELECT
    redrives.redrive_id AS redrive_id, created_time, actor, selection, planned, rate_per_second, state, note,
    fromUnixTimestamp64Milli(toInt64(redrives.version), 'UTC') AS told_time,
    counted.sent AS sent, counted.gone AS gone, counted.elsewhere AS elsewhere, counted.remaining AS remaining
FROM (SELECT * FROM redrives FINAL) AS redrives
LEFT JOIN
(
    SELECT redrive_id, countIf(state = 'sent') AS sent, countIf(state = 'gone') AS gone,
        countIf(state = 'sent elsewhere') AS elsewhere, countIf(state = 'planned') AS remaining
    FROM redrive_records FINAL
    GROUP BY redrive_id
) AS counted ON counted.redrive_id = redrives.redrive_id
WHERE {id:String} = '' OR redrives.redrive_id = {id:String}
ORDER BY created_time DESC, redrive_id
LIMIT {rows_max:UInt32}
