-- The watcher asks what was written lately, by whichever collector and under whichever number.
ALTER TABLE batch_events ADD INDEX IF NOT EXISTS written_range written_time TYPE minmax GRANULARITY 1
