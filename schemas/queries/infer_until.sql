-- Where a slice of so many newly observed events ends: an empty array if there are fewer.
SELECT groupArray(observed_time) AS slice_end
FROM
(
    SELECT observed_time FROM events
    WHERE observed_time >= {since:DateTime64(3, 'UTC')}
    ORDER BY observed_time
    LIMIT 1 OFFSET {events_max:UInt32}
)
