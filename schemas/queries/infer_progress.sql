-- How far the search for causes has come.
SELECT looked_until FROM infer_progress FINAL WHERE name = 'infer'
