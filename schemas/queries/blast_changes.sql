-- What changed at these services and topics before a moment, newest first.
SELECT kind, time, service, topic, said
FROM
(
    SELECT 'deployment' AS kind, time, toString(service) AS service, '' AS topic, version AS said
    FROM deployments FINAL
    WHERE service IN {services:Array(String)}
        AND time > {since:DateTime64(3, 'UTC')} AND time <= {until:DateTime64(3, 'UTC')}
    UNION ALL
    SELECT 'schema change' AS kind, first_time AS time, toString(service) AS service, toString(topic) AS topic, summary AS said
    FROM schema_changes FINAL
    WHERE topic IN {topics:Array(String)}
        AND first_time > {since:DateTime64(3, 'UTC')} AND first_time <= {until:DateTime64(3, 'UTC')}
)
ORDER BY time DESC, kind, service, topic
LIMIT 5
