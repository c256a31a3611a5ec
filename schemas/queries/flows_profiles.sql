-- What events of each kind lead to, all effects of one event together, and how often which set of them, per stretch
-- of time. The third of each kind of effect tells whether it is the way of a failure (retry, dead letter).
SELECT
    cause_topic AS topic,
    cause_type AS type,
    kinds,
    count() AS events,
    sumMap([toUnixTimestamp(toStartOfInterval(began, toIntervalSecond({bucket_s:UInt32})))], [toUInt64(1)]) AS buckets
FROM
(
    SELECT
        cause_topic, cause_partition, cause_offset, cause_type,
        any(cause_time) AS began,
        arraySort(groupUniqArray((toString(effect_topic), toString(effect_type), relation != 'caused'))) AS kinds
    FROM edges_by_cause FINAL
    WHERE cause_time >= {since:DateTime64(3, 'UTC')} AND cause_time < {until:DateTime64(3, 'UTC')}
        AND confidence > 0 AND (evidence != 'inferred' OR {guesses:UInt8} = 1) AND cityHash64(cause_topic, cause_partition, cause_offset) % {one_in:UInt32} = 0
    GROUP BY cause_topic, cause_partition, cause_offset, cause_type
)
GROUP BY topic, type, kinds
ORDER BY events DESC
LIMIT {rows_max:UInt32}
