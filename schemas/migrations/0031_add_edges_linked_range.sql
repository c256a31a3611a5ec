-- Guesses are withdrawn when evidence comes, so the watcher asks what was linked lately, however old the events are.
ALTER TABLE edges ADD INDEX IF NOT EXISTS linked_range linked_time TYPE minmax GRANULARITY 1
