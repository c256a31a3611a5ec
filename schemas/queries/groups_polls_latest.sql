-- When somebody last looked at the consumer groups, and what was refused.
SELECT observed_time, groups, refused, partitions, problem
FROM group_polls FINAL
ORDER BY observed_time DESC
LIMIT 1
