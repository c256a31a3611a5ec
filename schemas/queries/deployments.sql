-- Versions that took effect in a span of time, by every source.
SELECT service, version, time, source, environment, deployment_id, url
FROM deployments FINAL
WHERE time >= {since:DateTime64(3, 'UTC')} AND time <= {until:DateTime64(3, 'UTC')}
ORDER BY time, service, version, source
