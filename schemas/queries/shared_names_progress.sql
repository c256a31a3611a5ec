-- Until when what was written has been looked at for shared names.
SELECT looked_until FROM infer_progress FINAL WHERE name = 'shared names'
