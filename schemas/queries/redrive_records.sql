-- The records of a redrive in the order in which they are sent.
SELECT topic, partition, offset, origin_event, target_topic, target_partition, target_offset, state, sent_time
FROM redrive_records FINAL
WHERE redrive_id = {id:String}
ORDER BY topic, partition, offset
