-- Names that were found to be constants since then.
SELECT name FROM constants FINAL WHERE found_time >= {since:DateTime64(3, 'UTC')} LIMIT 10000
