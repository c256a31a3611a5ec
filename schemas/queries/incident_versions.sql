-- Versions that each service said it was, by slot in [since, until).
SELECT service, label AS version, slot, total AS events, first_time, sample
FROM incident_facts FINAL
WHERE kind = 'versions' AND slot >= {since:DateTime64(3, 'UTC')} AND slot < {until:DateTime64(3, 'UTC')}
ORDER BY service, slot, first_time, version
