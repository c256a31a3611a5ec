-- Counts events of [since, until) by whether what usually follows came in time, by topic, by who would write it, and by
-- slot. An event counts once all its steps by that service are due, as of what was read lately: where collecting one of
-- both topics is behind, nobody can tell. A failure's way (retry, dead letter) and an alternative excuse a step; copies
-- have no steps of their own. Guessed effects excuse as well: a guess may keep quiet, and may not accuse.
INSERT INTO incident_facts
WITH
    lately AS
    (
        SELECT batch, toString(topic) AS topic, partition, max(time) AS newest, max(written_time) AS written
        FROM batch_events WHERE written_time >= now() - 120
        GROUP BY batch, topic, partition
    ),
    horizons AS
    (
        -- A partition is behind where it was read together with what is newer by half a minute.
        SELECT topic, min(if(own_newest < batch_newest - toIntervalSecond(30), own_newest, (SELECT max(newest) FROM lately))) AS newest
        FROM
        (
            SELECT
                topic, partition,
                argMax(lately.newest, (lately.written, lately.batch)) AS own_newest,
                argMax(batches.newest, (lately.written, lately.batch)) AS batch_newest
            FROM lately
            INNER JOIN (SELECT batch, max(newest) AS newest FROM lately GROUP BY batch) AS batches ON batches.batch = lately.batch
            GROUP BY topic, partition
        )
        GROUP BY topic
    ),
    steps AS
    (
        SELECT
            toString(cause_topic) AS cause_topic, toString(cause_type) AS cause_type, toString(service) AS service,
            max(patience_ms) AS wait_ms,
            least({now:DateTime64(3, 'UTC')}, min(least(
                if(at_cause.topic = '', (SELECT max(newest) FROM lately), at_cause.newest),
                if(at_effect.topic = '', (SELECT max(newest) FROM lately), at_effect.newest)))) AS horizon,
            groupArray((toString(effect_topic), toString(effect_type), patience_ms, arrayZip(instead_topics, instead_types))) AS wanted
        FROM
        (
            SELECT * FROM usual_steps FINAL WHERE learned_time = (SELECT max(learned_time) FROM usual_steps)
        ) AS known
        LEFT JOIN horizons AS at_cause ON at_cause.topic = known.cause_topic
        LEFT JOIN horizons AS at_effect ON at_effect.topic = known.effect_topic
        GROUP BY cause_topic, cause_type, service
    ),
    effects AS
    (
        SELECT
            cause_topic, cause_partition, cause_offset,
            groupArray((toString(effect_topic), toString(effect_type),
                toUnixTimestamp64Milli(effect_time) - toUnixTimestamp64Milli(cause_time), relation != 'caused')) AS came
        FROM edges_by_cause FINAL
        WHERE cause_topic IN (SELECT cause_topic FROM steps) AND confidence > 0
            AND cause_time >= {since:DateTime64(3, 'UTC')} AND cause_time < {until:DateTime64(3, 'UTC')}
            AND cityHash64(cause_topic, cause_partition, cause_offset) % {one_in:UInt32} = 0
        GROUP BY cause_topic, cause_partition, cause_offset
    ),
    causes AS
    (
        SELECT toString(topic) AS topic, toString(type) AS type, partition, offset, time, observed_time
        FROM events FINAL
        WHERE time >= {since:DateTime64(3, 'UTC')} AND time < {until:DateTime64(3, 'UTC')}
            AND topic IN (SELECT cause_topic FROM steps) AND origin = '' AND NOT dead_letter
            AND cityHash64(topic, partition, offset) % {one_in:UInt32} = 0
            AND (topic, partition, offset) NOT IN
            (
                SELECT effect_topic, effect_partition, effect_offset
                FROM edges
                WHERE relation = 'duplicated' AND confidence > 0
                    AND effect_time >= {since:DateTime64(3, 'UTC')} AND effect_time < {until:DateTime64(3, 'UTC')}
            )
    )
SELECT
    'stuck' AS kind, topic, service, '' AS consumer_group, '' AS label, slot,
    sum(n) * {one_in:UInt32} AS bad, sum(due) * {one_in:UInt32} AS total,
    minIf(first_late, n > 0) AS first_time, maxIf(last_late, n > 0) AS last_time,
    arraySort(groupUniqArrayIf(read, n > 0)) AS seen,
    arrayMap(one -> arraySum(arrayMap((other, count) -> if(other = one, count, 0), groupArrayIf(read, n > 0), groupArrayIf(n, n > 0))) * {one_in:UInt32}, seen) AS seen_count,
    anyIf(sample, n > 0) AS sample,
    {version:UInt64} AS version
FROM
(
    SELECT
        topic, service, toStartOfInterval(at, toIntervalSecond(10), 'UTC') AS slot,
        toStartOfInterval(known_time, toIntervalSecond(10), 'UTC') + 10 AS read,
        countIf(is_late) AS n, count() AS due, minIf(at, is_late) AS first_late, maxIf(at, is_late) AS last_late,
        argMinIf(event, at, is_late) AS sample
    FROM
    (
        SELECT
            causes.topic AS topic, steps.service AS service, causes.time AS at,
            greatest(causes.time + toIntervalMillisecond(steps.wait_ms), causes.observed_time) AS known_time,
            concat(causes.topic, '/', toString(causes.partition), '/', toString(causes.offset)) AS event,
            arrayExists(step -> NOT arrayExists(
                one -> one.4 OR has(step.4, (one.1, one.2)) OR (one.1 = step.1 AND one.2 = step.2 AND one.3 <= step.3),
                effects.came), steps.wanted) AS is_late
        FROM causes
        INNER JOIN steps ON steps.cause_topic = causes.topic AND steps.cause_type = causes.type
        LEFT JOIN effects ON effects.cause_topic = causes.topic AND effects.cause_partition = causes.partition
            AND effects.cause_offset = causes.offset
        WHERE causes.time + toIntervalMillisecond(steps.wait_ms) <= steps.horizon
    )
    GROUP BY topic, service, slot, read
    UNION ALL
    SELECT topic, service, slot, slot AS read, 0 AS n, 0 AS due, first_time AS first_late, last_time AS last_late, '' AS sample
    FROM incident_facts FINAL
    WHERE kind = 'stuck' AND total > 0
        AND slot >= {since:DateTime64(3, 'UTC')} AND slot < {until:DateTime64(3, 'UTC')}
)
GROUP BY topic, service, slot
