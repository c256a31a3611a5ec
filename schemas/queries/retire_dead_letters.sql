-- Copies what is known of the dead letters on a topic that is gone to its former name.
INSERT INTO dead_letter_records
SELECT * REPLACE ({former:String} AS topic)
FROM (SELECT * FROM dead_letter_records WHERE topic = {topic:String} AND observed_time < {until:DateTime64(3, 'UTC')})
