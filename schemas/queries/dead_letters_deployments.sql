-- Deployments of services that write these events or failed on them.
SELECT service, version, time AS first_time, source
FROM deployments FINAL
WHERE service IN {services:Array(String)} AND time >= {since:DateTime64(3)} AND time < {until:DateTime64(3)}
ORDER BY first_time DESC, service, version
LIMIT 1000
