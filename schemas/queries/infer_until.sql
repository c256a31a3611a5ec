-- Where a slice of so many newly observed events ends (none if there are fewer), and where observation begins.
SELECT
    (SELECT min(observed_time) FROM events WHERE observed_time >= {since:DateTime64(3, 'UTC')}) AS first_time,
    (
        SELECT groupArray(observed_time)
        FROM
        (
            SELECT observed_time FROM events
            WHERE observed_time >= {since:DateTime64(3, 'UTC')}
            ORDER BY observed_time
            LIMIT 1 OFFSET {events_max:UInt32}
        )
    ) AS slice_end
