-- Failures by reason: topic, consumer group, exception and message template, the freshest first. `minutes` says in which
-- minutes there were any, so that where a run of failures began can be read from it; `shapes` and `shape_counts`, which
-- structures the failed events of each minute have.
SELECT
    reason_id,
    any(failed_topic) AS topic,
    any(failures.consumer_group) AS consumer_group,
    max(failures.service) AS service,
    max(failures.origin_service) AS origin_service,
    any(failures.exception) AS exception,
    any(failures.template) AS template,
    argMax(failures.message, last_failed) AS message,
    max(failures.type) AS type,
    count() AS failures,
    sum(dead_letters) AS dead_letters,
    countIf(state = 'waiting') AS waiting,
    countIf(state = 'failed again') AS failed_again,
    countIf(state = 'sent again') AS sent_again,
    countIf(state = 'recovered') AS recovered,
    countIf(origin_evidence = 'inferred') AS guessed,
    countIf(failures.origin_topic = '') AS without_origin,
    countIf(backfilled) AS backfilled,
    uniqExact(key) AS keys,
    min(first_failed) AS first_time,
    max(last_failed) AS last_time,
    countIf(last_failed >= {now:DateTime64(3)} - toIntervalMinute(15)) AS last_15m,
    countIf(last_failed >= {now:DateTime64(3)} - toIntervalHour(1)) AS last_1h,
    countIf(last_failed >= {now:DateTime64(3)} - toIntervalHour(24)) AS last_24h,
    if(waiting + failed_again > 0, minIf(first_failed, state IN ('waiting', 'failed again')), NULL) AS oldest_waiting,
    arraySort(groupUniqArray(toUnixTimestamp(toStartOfMinute(last_failed)))) AS minutes,
    max(attempts) AS attempts,
    sumMap([concat(toString(toUnixTimestamp(toStartOfMinute(last_failed))), ' ', toString(shape_id))], [toUInt64(1)])
        AS shape_map,
    shape_map.1 AS shapes,
    shape_map.2 AS shape_counts,
    groupUniqArray(5)(last_topic) AS dead_letter_topics,
    arrayMap(found -> found.2, arraySlice(arrayReverseSort(groupArray(1000)(
        (last_failed, concat(last_topic, '/', toString(last_partition), '/', toString(last_offset))))), 1, 5)) AS samples,
    argMax(origin_event, last_failed) AS sample_origin
FROM dead_letter_failures(since = {since:DateTime64(3)}, until = {until:DateTime64(3)}) AS failures
GROUP BY reason_id
ORDER BY last_15m DESC, last_1h DESC, last_time DESC, reason_id
LIMIT {rows_max:UInt32}
