-- Who gives up into dead letters, as far as it is known.
SELECT if(service = '', consumer_group, service) AS service, count() AS dead_letters,
    argMax(event, failed_time) AS last_event
FROM dead_letters
WHERE failed_time >= {since:DateTime64(3, 'UTC')} AND failed_time < {until:DateTime64(3, 'UTC')}
    AND (service != '' OR consumer_group != '')
GROUP BY service
ORDER BY service
