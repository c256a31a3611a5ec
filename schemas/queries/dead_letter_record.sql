-- One dead letter with its headers, which travel as hexadecimal digits: they need not be text.
SELECT
    letters.event AS event, letters.origin_event AS origin_event, letters.origin_evidence AS origin_evidence,
    letters.convention AS convention, letters.consumer_group AS consumer_group, letters.service AS service,
    letters.exception AS exception, letters.message AS message, letters.attempts AS attempts,
    letters.failed_time AS failed_time, letters.reason_id AS reason_id,
    arrayMap(name -> hex(name), events.header_names) AS header_names_hex,
    arrayMap(value -> hex(value), events.header_values) AS header_values_hex
FROM
(
    SELECT * FROM dead_letters
    WHERE topic = {topic:String} AND partition = {partition:UInt32} AND offset = {offset:UInt64}
) AS letters
LEFT JOIN
(
    SELECT topic, partition, offset, header_names, header_values FROM events
    WHERE topic = {topic:String} AND partition = {partition:UInt32} AND offset = {offset:UInt64}
    LIMIT 1
) AS events USING (topic, partition, offset)
LIMIT 1
