-- Whether spans have said anything of events so far.
SELECT 1 AS found FROM span_causes LIMIT 1
