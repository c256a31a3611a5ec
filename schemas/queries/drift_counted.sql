-- When the structures were counted last; no row where they never were.
SELECT max(observed_time) AS counted FROM shape_counts HAVING count() > 0
