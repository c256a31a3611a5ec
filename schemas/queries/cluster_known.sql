-- Which cluster the events of this database are of.
SELECT cluster_id FROM clusters FINAL ORDER BY first_time, cluster_id LIMIT 1
