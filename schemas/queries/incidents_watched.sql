-- What incidents are looked for in: how much there is, since when, how fresh, and when detection last ran (1970 = never).
SELECT
    (SELECT count() FROM events) AS records,
    (SELECT uniq(topic) FROM events WHERE observed_time >= now64(3) - toIntervalHour(1)) AS topics,
    (SELECT maxOrNull(time) FROM incident_marks FINAL WHERE name = 'watching') AS since,
    (SELECT maxOrNull(observed_time) FROM events) AS newest,
    (SELECT maxOrNull(observed_time) FROM watch_status WHERE task = 'incidents') AS looked,
    (SELECT argMax(problem, observed_time) FROM watch_status WHERE task = 'incidents') AS problem
