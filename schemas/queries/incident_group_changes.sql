-- How many members each consumer group had and how it stood, in the order of time, where that changed.
SELECT consumer_group, observed_time, members, state
FROM
(
    SELECT consumer_group, observed_time, any(members) AS members, any(state) AS state
    FROM group_offsets FINAL
    WHERE observed_time >= {since:DateTime64(3, 'UTC')} AND observed_time < {until:DateTime64(3, 'UTC')}
    GROUP BY consumer_group, observed_time
)
ORDER BY consumer_group, observed_time
LIMIT 200000
