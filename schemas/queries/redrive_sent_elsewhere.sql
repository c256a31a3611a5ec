-- Which dead letters of a redrive another one has sent.
SELECT topic, partition, offset
FROM redrive_records FINAL
WHERE redrive_id != {id:String} AND state = 'sent'
    AND (topic, partition, offset) IN
        (SELECT topic, partition, offset FROM redrive_records WHERE redrive_id = {id:String})
GROUP BY topic, partition, offset
