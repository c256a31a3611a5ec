-- Events in which a text occurs where a person would look for it, newest first.
SELECT topic, partition, offset, time, type, service, dead_letter
FROM events FINAL
WHERE time >= now64(3) - toIntervalSecond({window_s:UInt32})
    AND positionCaseInsensitiveUTF8(
        concat(topic, ' ', type, ' ', service, ' ', source, ' ', message_id, ' ', correlation_id, ' ', exception, ' ',
            ifNull(toValidUTF8(assumeNotNull(key)), '')),
        {text:String}) > 0
ORDER BY time DESC, topic, partition, offset
LIMIT {rows_max:UInt32}
