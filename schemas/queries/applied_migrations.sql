SELECT version, name, checksum, applied_time
FROM schema_migrations FINAL
ORDER BY version
