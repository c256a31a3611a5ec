-- Minutes in which something failed that lies on these topics.
SELECT
    toStartOfMinute(if(convention IN ('kafka-connect', 'kafka-streams') AND observed_time < time + toIntervalHour(6), observed_time, time)) AS minute
FROM dead_letter_records
WHERE topic IN ({topics:Array(String)})
GROUP BY minute
ORDER BY minute
